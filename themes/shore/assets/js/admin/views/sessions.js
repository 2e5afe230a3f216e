// Open sessions, and their end.
import { get, send } from "../api.js";
import { h, t, time, word } from "../dom.js";
import { act, action, ask, empty, panel, table } from "../parts.js";

export function show(view) {
  const { body, params, signal } = view;
  body.append(panel(view, {
    load: () => get("admin/sessions", { account: params.account, limit: 200 }, signal),
    show: ({ items }, again) => {
      const all = params.account && h("p", {}, h("a", { href: "#/sessions" }, t("all_sessions")));
      if (!items.length) return [all, empty(t("no_sessions"))];
      const end = async ({ id, email }) => {
        if (!(await ask({ title: t("end_title", { email }), text: t("end_text"), yes: t("end") }))) return;
        if (await act(view, () => send("DELETE", `admin/sessions/${id}`), t("ended"))) again();
      };
      const columns = [
        { name: t("email"), head: true, class: "grows", cell: ({ email }) => email },
        { name: t("kind"), cell: ({ kind }) => word("kind", kind) },
        { name: t("last_seen"), cell: ({ last_seen_at }) => time(last_seen_at) },
        { name: t("since"), cell: ({ created_at }) => time(created_at) },
        { name: t("until"), cell: ({ expires_at }) => time(expires_at) },
        { name: "", class: "acts", cell: (row) => action({ label: t("end"), about: `${row.email} ${row.id.slice(0, 8)}`, danger: true, run: () => end(row) }) },
      ];
      return [all, table({ caption: t("view_sessions"), columns, rows: items })];
    },
  }));
}
