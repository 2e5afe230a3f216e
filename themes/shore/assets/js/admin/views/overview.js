// The state of the site at a glance.
import { get } from "../api.js";
import { chart } from "../chart.js";
import { compact, h, number, share, t, time, word } from "../dom.js";
import { bar, badge, empty, panel, period, table } from "../parts.js";
import { METRICS, rating } from "../metrics.js";

export function show(view) {
  const { body, tools, signal } = view;
  const { days, element } = period(view);
  tools.append(element);
  const ask = (path, query) => get(path, query, signal);
  // Two panels show the same numbers: they are asked for once.
  const vitals = ask("admin/vitals/summary", { days });
  vitals.catch(() => {});
  body.append(
    panel(view, { class: "panel-plain", load: () => ask("health").catch((error) => ({ status: "down", degraded: [], error })), show: health }),
    h(
      "div",
      { class: "tiles" },
      tile(view, t("views"), "#/pages", async () => {
        const { items } = await ask("admin/traffic", { days });
        return [compact(items.reduce((sum, { views }) => sum + views, 0)), t("views_today", { n: number(items.at(-1)?.views ?? 0) })];
      }),
      tile(view, t("view_inbox"), "#/inbox?state=new", async () => {
        const { items } = await ask("admin/forms");
        const sum = (key) => items.reduce((sum, form) => sum + form[key], 0);
        return [number(sum("unread")), t("unread_of", { n: number(sum("total")) })];
      }),
      tile(view, t("view_errors"), `#/errors?days=${days}`, async () => {
        const { items } = await ask("admin/errors", { days, limit: 200 });
        return [compact(items.reduce((sum, { count }) => sum + count, 0)), t("kinds", { n: number(new Set(items.map(({ place, code }) => `${place} ${code}`)).size) })];
      }),
      tile(view, t("live_build"), "#/builds", async () => {
        const { items } = await ask("admin/builds", { limit: 1 });
        return items.length ? [items[0].build.slice(0, 8), time(items[0].at)] : ["–", t("no_builds")];
      }),
    ),
    panel(view, {
      title: t("views_by_day"),
      load: () => ask("admin/traffic", { days }),
      show: ({ items }) => chart({
        title: t("views_by_day"),
        isTitled: true,
        days: items.map(({ day }) => day),
        series: [{ name: t("views"), kind: "bars", values: items.map(({ views }) => views) }],
        least: 4,
      }),
    }),
    h(
      "div",
      { class: "panels" },
      panel(view, { title: t("top_pages"), tools: link(`#/pages?days=${days}`), load: () => ask("admin/views", { days, limit: 8 }), show: ({ items }) => top(items, "path", t("page"), t("no_views")) }),
      panel(view, { title: t("top_searches"), tools: link(`#/searches?days=${days}`), load: () => ask("admin/searches", { days, limit: 8 }), show: ({ items }) => top(items.map(({ query, searches }) => ({ query, views: searches })), "query", t("query"), t("no_searches")) }),
    ),
    panel(view, { title: t("web_vitals"), load: () => vitals, show: summary }),
    panel(view, { class: "panel-plain", load: () => ask("admin/vitals", { days }), show: ({ items }) => h("div", { class: "panels" }, Object.keys(METRICS).map((metric) => history(metric, items))) }),
  );
}

const link = (href) => h("a", { class: "panel-link", href }, t("all"));

function health({ status, degraded, error }) {
  const isWell = status === "ok";
  const text = error ? t(error.status ? "api_down" : "unreachable") : isWell ? t("all_well") : t("degraded", { parts: degraded.map((part) => word("part", part)).join(", ") });
  return h("p", { class: `health health-${isWell ? "ok" : "bad"}`, "data-state": status }, text);
}

function tile(view, name, href, load) {
  const value = h("span", { class: "tile-value" }, "…");
  const note = h("span", { class: "tile-note" });
  const place = h("a", { class: "tile", href, "aria-busy": "true" }, h("span", { class: "tile-name" }, name), value, note);
  load().then(
    ([most, rest]) => {
      if (view.signal.aborted) return;
      value.textContent = most;
      note.replaceChildren(rest);
    },
    (error) => {
      if (view.signal.aborted || view.refuse(error)) return;
      value.textContent = "–";
      note.textContent = t(error.status === 501 ? "not_available" : "failed");
    },
  ).finally(() => place.removeAttribute("aria-busy"));
  return place;
}

/** A short list with bars. */
function top(items, key, name, nothing) {
  if (!items.length) return empty(nothing);
  const most = Math.max(...items.map(({ views }) => views));
  const columns = [
    { name, head: true, class: "grows", cell: (row) => row[key] },
    { name: t("number"), class: "number with-bar", cell: ({ views }) => [bar(views, most), h("span", {}, number(views))] },
  ];
  return table({ caption: name, columns, rows: items, isList: true });
}

function summary({ items }) {
  if (!items.length) return empty(t("no_vitals"));
  const columns = [
    { name: t("metric"), head: true, cell: ({ metric }) => [h("strong", {}, metric.toUpperCase()), h("span", { class: "meta" }, ` ${t(`metric_${metric}`)}`)] },
    { name: t("device"), cell: ({ device }) => word("device", device) },
    { name: t("p75"), class: "number", cell: ({ metric, p75 }) => METRICS[metric].format(p75) },
    { name: t("rating"), cell: ({ metric, p75 }) => badge(t(`rating_${rating(metric, p75)}`), { good: "success", fair: "warning", poor: "danger" }[rating(metric, p75)]) },
    { name: t("good_share"), class: "number", cell: ({ good, count }) => share(good / Math.max(1, count)) },
    { name: t("views"), class: "number", cell: ({ count }) => number(count) },
  ];
  return [h("p", { class: "meta" }, t("vitals_text")), table({ caption: t("web_vitals"), columns, rows: items })];
}

function history(metric, items) {
  const { good, fair, format } = METRICS[metric];
  const own = new Map(items.filter((item) => item.metric === metric).map(({ day, p75 }) => [day, p75]));
  const days = between(...[...own.keys()].sort());
  const series = [{ name: t("p75"), kind: "line", values: days.map((day) => own.get(day) ?? null) }];
  const limits = [{ value: good, name: t("rating_good") }, { value: fair, name: t("rating_fair") }];
  return h("section", { class: "panel" }, chart({ title: `${metric.toUpperCase()} · ${t(`metric_${metric}`)}`, days, series, format, limits }));
}

/** All days from the first to the last of some. */
function between(...known) {
  const days = [];
  const end = known.at(-1);
  for (let at = new Date(`${known[0]}T00:00:00Z`); end && at.toISOString().slice(0, 10) <= end; at.setUTCDate(at.getUTCDate() + 1)) days.push(at.toISOString().slice(0, 10));
  return days;
}
