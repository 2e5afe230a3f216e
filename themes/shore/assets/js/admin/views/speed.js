// Which routes and which statements take long.
import { get } from "../api.js";
import { compact, duration, h, number, t, time } from "../dom.js";
import { badge, empty, panel, table } from "../parts.js";

export function show(view) {
  const { body, signal } = view;
  body.append(
    panel(view, { title: t("slow_statements"), load: () => get("admin/slow", { limit: 50 }, signal), show: statements }),
    panel(view, { title: t("routes"), load: () => get("admin/metrics", {}, signal), show: routes }),
  );
}

function statements({ budget_ms, items }) {
  if (!items.length) return empty(t("no_statements"));
  const columns = [
    { name: t("statement"), head: true, class: "grows", cell: ({ query }) => statement(query) },
    { name: "p95", class: "number", cell: ({ p95_estimate_ms, is_slow }) => [duration(p95_estimate_ms), is_slow && [" ", badge(t("is_slow"), "danger")]] },
    { name: t("mean"), class: "number", cell: ({ mean_ms }) => duration(mean_ms) },
    { name: t("most"), class: "number", cell: ({ max_ms }) => duration(max_ms) },
    { name: t("calls"), class: "number", cell: ({ calls }) => compact(calls) },
    { name: t("in_all"), class: "number", cell: ({ total_ms }) => duration(total_ms) },
    { name: t("rows"), class: "number", cell: ({ rows_per_call }) => number(Math.round(rows_per_call * 10) / 10) },
  ];
  return [h("p", { class: "meta" }, t("budget", { n: duration(budget_ms) })), table({ caption: t("slow_statements"), columns, rows: items })];
}

function statement(query) {
  const line = query.replace(/\s+/g, " ").trim();
  if (line.length < 90) return h("code", { class: "sql" }, line);
  return h("details", { class: "sql-more" }, h("summary", {}, h("code", { class: "sql" }, `${line.slice(0, 88)}…`)), h("pre", { class: "sql", tabindex: 0 }, query));
}

function routes({ since, routes }) {
  if (!routes.length) return empty(t("no_requests"));
  const columns = [
    { name: t("route"), head: true, class: "grows", cell: ({ route }) => h("code", {}, route) },
    { name: t("requests"), class: "number", cell: ({ requests }) => number(requests) },
    { name: t("failed_answers"), class: "number", cell: ({ errors }) => (errors ? badge(number(errors), "danger") : "0") },
    { name: "p50", class: "number", cell: ({ total_ms }) => duration(total_ms.p50) },
    { name: "p95", class: "number", cell: ({ total_ms }) => duration(total_ms.p95) },
    { name: "p99", class: "number", cell: ({ total_ms }) => duration(total_ms.p99) },
    { name: t("database_p95"), class: "number", cell: ({ db_ms }) => duration(db_ms.p95) },
  ];
  const rows = [...routes].sort((a, b) => b.total_ms.p95 - a.total_ms.p95);
  return [h("p", { class: "meta" }, `${t("one_instance")} `, time(since)), table({ caption: t("routes"), columns, rows })];
}
