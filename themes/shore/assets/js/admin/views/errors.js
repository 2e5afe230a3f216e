// What failed, in the API and in browsers.
import { get } from "../api.js";
import { h, number, t, time, word } from "../dom.js";
import { badge, choice, empty, panel, period, table } from "../parts.js";

export function show(view) {
  const { body, tools, params, signal, refine } = view;
  const { days, element } = period(view, "7");
  const source = ["any", "api", "browser"].includes(params.source) ? params.source : "any";
  const options = ["any", "api", "browser"].map((value) => [value, t(`source_${value}`)]);
  tools.append(choice({ label: t("shown"), name: "source", value: source, options, refine }), element);
  const columns = [
    {
      name: t("error"),
      head: true,
      class: "grows",
      cell: ({ message, code, request_id, build }) => [
        h("span", { class: "error-text" }, message),
        h("span", { class: "meta error-meta" }, h("code", {}, code), build && [` · ${t("build")} `, h("code", {}, build.slice(0, 8))], request_id && [` · ${t("request")} `, h("code", {}, request_id)]),
      ],
    },
    { name: t("where"), cell: ({ source, place }) => [badge(word("source", source), source === "api" ? "warning" : "info"), " ", h("code", {}, place)] },
    { name: t("count"), class: "number", cell: ({ count }) => number(count) },
    { name: t("first_time"), cell: ({ first_at }) => time(first_at) },
    { name: t("last_time"), cell: ({ last_at }) => time(last_at) },
  ];
  body.append(panel(view, {
    load: () => get("admin/errors", { days, source, limit: 200 }, signal),
    show: ({ items }) => (items.length ? table({ caption: t("view_errors"), columns, rows: items }) : empty(t("no_errors"))),
  }));
}
