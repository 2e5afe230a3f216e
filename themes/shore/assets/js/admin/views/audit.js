// Who changed what.
import { get } from "../api.js";
import { h, t, time, word } from "../dom.js";
import { addRows, choice, empty, more, panel, table } from "../parts.js";

const LIMIT = 50;
const ACTIONS = ["admin_set_account", "admin_set_submission", "admin_delete_submission", "admin_export_submissions", "admin_end_session"];

const columns = () => [
  { name: t("when"), head: true, cell: ({ at }) => time(at) },
  { name: t("who"), cell: ({ email }) => email ?? "–" },
  { name: t("what"), cell: ({ action }) => word("action", action) },
  { name: t("target"), cell: ({ target }) => h("code", {}, target) },
  { name: t("details"), class: "grows", cell: ({ detail }) => h("span", {}, said(detail)) },
];

const said = (detail) => Object.entries(detail ?? {}).map(([name, value]) => `${name}: ${typeof value === "object" ? JSON.stringify(value) : value}`).join(", ") || "–";

export function show(view) {
  const { body, tools, params, signal, refine } = view;
  const action = ACTIONS.includes(params.action) ? params.action : "";
  const options = [["", t("all_actions")], ...ACTIONS.map((name) => [name, word("action", name)])];
  tools.append(choice({ label: t("shown"), name: "action", value: action, options, refine }));
  const load = async (after) => (await get("admin/audit", { action, after, limit: LIMIT }, signal)).items;
  body.append(panel(view, {
    load: () => load(),
    show: (items) => {
      if (!items.length) return empty(t("no_audit"));
      const made = table({ caption: t("view_audit"), columns: columns(), rows: items });
      return [made, more(view, { items, limit: LIMIT, load, add: (rows) => addRows(made, columns(), rows) })];
    },
  }));
}
