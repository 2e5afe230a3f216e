// What was published when, and the way back.
import { get } from "../api.js";
import { h, number, say, t, time } from "../dom.js";
import { action, badge, empty, panel, table } from "../parts.js";

export function show(view) {
  const { body, signal } = view;
  body.append(panel(view, {
    load: () => get("admin/builds", { limit: 100 }, signal),
    show: ({ items }) => {
      if (!items.length) return empty(t("no_builds"));
      const columns = [
        { name: t("published"), head: true, cell: ({ at }) => time(at) },
        { name: t("build"), cell: ({ build, is_live, is_rollback }) => [h("code", {}, build), is_live && [" ", badge(t("is_live"), "success")], is_rollback && [" ", badge(t("is_rollback"), "info")]] },
        { name: t("revision"), cell: ({ revision }) => (revision ? h("code", {}, revision) : "–") },
        { name: t("pages"), class: "number", cell: ({ pages }) => number(pages) },
        { name: t("written"), class: "number", cell: ({ written }) => number(written) },
        { name: t("unchanged"), class: "number", cell: ({ unchanged }) => number(unchanged) },
        { name: t("removed"), class: "number", cell: ({ removed }) => number(removed) },
      ];
      return [back(items.find(({ is_rollback }) => is_rollback)), table({ caption: t("view_builds"), columns, rows: items })];
    },
  }));
}

/** The commands to go back with: they are run where the site is deployed from, not here. */
function back(target) {
  if (!target) return h("p", { class: "meta" }, t("no_way_back"));
  const step = (text, command) => h("li", {}, h("p", {}, text), h("p", { class: "command" }, h("code", {}, command), copy(command)));
  return h(
    "details",
    { class: "way-back" },
    h("summary", {}, t("way_back", { build: target.build.slice(0, 8) }), " ", time(target.at)),
    h(
      "ol",
      {},
      step(t("way_back_files"), "rivage rollback"),
      step(t("way_back_content"), target.revision ? `git checkout ${target.revision} && rivage publish` : "rivage publish"),
    ),
  );
}

const copy = (command) => action({
  label: t("copy"),
  about: command,
  run: async () => {
    try {
      await navigator.clipboard.writeText(command);
      say(t("copied"), "done");
    } catch {
      say(t("not_copied"), "failed");
    }
  },
});
