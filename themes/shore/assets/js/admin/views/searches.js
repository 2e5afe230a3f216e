// What visitors look for, and what they do not find.
import { get } from "../api.js";
import { fullDay, number, t } from "../dom.js";
import { choice, empty, panel, period, table } from "../parts.js";

export function show(view) {
  const { body, tools, params, signal, refine } = view;
  const { days, element } = period(view);
  const found = ["any", "no", "yes"].includes(params.found) ? params.found : "any";
  const options = [["any", t("found_any")], ["no", t("found_no")], ["yes", t("found_yes")]];
  tools.append(choice({ label: t("shown"), name: "found", value: found, options, refine }), element);
  const columns = [
    { name: t("query"), head: true, class: "grows", cell: ({ query }) => query },
    { name: t("language"), cell: ({ lang }) => lang },
    { name: t("searches"), class: "number", cell: ({ searches }) => number(searches) },
    { name: t("without_result"), class: "number", cell: ({ empty }) => number(empty) },
    { name: t("last_time"), cell: ({ last_day }) => fullDay(last_day) },
  ];
  body.append(panel(view, {
    load: () => get("admin/searches", { days, found, limit: 200 }, signal),
    show: ({ items }) => items.length ? table({ caption: t("view_searches"), columns, rows: items }) : empty(t(found === "no" ? "all_found" : "no_searches")),
  }));
}
