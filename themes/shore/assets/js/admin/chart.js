// Charts as SVG, drawn for the width there is, so that their words stay readable on a phone.
// In: series of days. Out: a <figure> with a summary in words, the drawing, and the same numbers as a table.
import { compact, day, fullDay, h, s, t } from "./dom.js";

const HEIGHT = 190;
const EDGE = { top: 10, right: 8, bottom: 24, left: 58 };

/**
 * Draws series over days.
 *
 * `series`: [{ name, values, kind: "bars" or "line" }], a value for each of `days`, null where there is none. `format` writes a value,
 * `limits` are values that are drawn across: [{ value, name }]. A title that stands above already is only said, not shown.
 */
export function chart({ title, isTitled, days, series, format = compact, limits = [], least = 0 }) {
  const note = h("span", { class: "chart-note" }, summary(days, series, format));
  const place = h("div", { class: "chart-place" });
  const all = series.flatMap(({ values }) => values.filter((value) => value !== null));
  const figure = h(
    "figure",
    { class: "chart-figure" },
    h("figcaption", {}, h("span", { class: isTitled ? "sr-only" : "chart-title" }, title), note),
    place,
    series.length > 1 && legend(series),
    numbers(title, days, series, format),
  );
  if (!all.length) {
    place.append(h("p", { class: "admin-empty" }, t("no_numbers")));
    return figure;
  }
  const scale = axis(Math.max(least, ...all, ...limits.map(({ value }) => value).filter((value) => value <= 1.5 * Math.max(...all))));
  let width = 0;
  // The element tells its own width whenever it changes, for the first time as soon as it is shown.
  new ResizeObserver(([{ contentRect }]) => {
    const now = Math.round(contentRect.width);
    if (now < 40 || now === width) return;
    width = now;
    place.replaceChildren(draw({ title, days, series, format, limits, scale, width, note }));
  }).observe(place);
  return figure;
}

/** The marks of an axis from 0: about four, at round numbers. */
function axis(highest) {
  const rough = (highest || 1) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((step) => step >= rough * 0.999);
  const count = Math.max(1, Math.ceil(highest / step - 0.001));
  return { top: step * count, marks: Array.from({ length: count + 1 }, (_, n) => n * step) };
}

function draw({ title, days, series, format, limits, scale, width, note }) {
  const inner = { width: width - EDGE.left - EDGE.right, height: HEIGHT - EDGE.top - EDGE.bottom };
  const slot = inner.width / Math.max(1, days.length);
  const x = (n) => EDGE.left + slot * (n + 0.5);
  const y = (value) => EDGE.top + inner.height * (1 - value / scale.top);
  const svg = s("svg", { class: "chart-svg", viewBox: `0 0 ${width} ${HEIGHT}`, width, height: HEIGHT, role: "img", "aria-label": `${title}: ${summary(days, series, format)}` });
  for (const mark of scale.marks) {
    svg.append(
      s("line", { class: "chart-line", x1: EDGE.left, x2: width - EDGE.right, y1: y(mark), y2: y(mark) }),
      s("text", { class: "chart-text", x: EDGE.left - 8, y: y(mark) + 4, "text-anchor": "end" }, format(mark)),
    );
  }
  // As many dates as fit, the last one always.
  const every = Math.max(1, Math.ceil((days.length * 74) / inner.width));
  for (let n = days.length - 1; n >= 0; n -= every) {
    const anchor = x(n) > width - 30 ? "end" : x(n) < EDGE.left + 24 ? "start" : "middle";
    svg.append(s("text", { class: "chart-text", x: anchor === "end" ? width - EDGE.right : anchor === "start" ? EDGE.left : x(n), y: HEIGHT - 6, "text-anchor": anchor }, day(days[n])));
  }
  series.forEach(({ values, kind }, place) => {
    const group = s("g", { class: `chart-series series-${place + 1}` });
    if (kind === "bars") {
      const wide = Math.max(1, Math.min(28, slot * 0.68));
      values.forEach((value, n) => {
        if (!value) return;
        group.append(s("rect", { x: x(n) - wide / 2, y: y(value), width: wide, height: Math.max(1, y(0) - y(value)), rx: Math.min(2, wide / 3) }));
      });
    } else {
      group.append(s("path", { d: path(values, x, y) }));
      // A day between two without a number would not be seen.
      values.forEach((value, n) => {
        if (value === null || days.length > 45) return;
        group.append(s("circle", { cx: x(n), cy: y(value), r: 2.5 }));
      });
    }
    svg.append(group);
  });
  for (const { value, name } of limits) {
    if (value > scale.top) continue;
    svg.append(
      s("line", { class: "chart-limit", x1: EDGE.left, x2: width - EDGE.right, y1: y(value), y2: y(value) }),
      s("text", { class: "chart-limit-text", x: EDGE.left + 4, y: y(value) - 4 }, name),
    );
  }
  const usual = note.textContent;
  const rule = s("line", { class: "chart-rule", y1: EDGE.top, y2: y(0), visibility: "hidden" });
  svg.append(rule);
  svg.addEventListener("pointermove", (event) => {
    const at = event.clientX - svg.getBoundingClientRect().left;
    const n = Math.min(days.length - 1, Math.max(0, Math.floor((at - EDGE.left) / slot)));
    for (const end of ["x1", "x2"]) rule.setAttribute(end, x(n));
    rule.setAttribute("visibility", "visible");
    const said = series.map(({ name, values }) => `${series.length > 1 ? `${name} ` : ""}${values[n] === null ? "–" : format(values[n])}`);
    note.textContent = `${fullDay(days[n])}: ${said.join(" · ")}`;
  });
  svg.addEventListener("pointerleave", () => {
    rule.setAttribute("visibility", "hidden");
    note.textContent = usual;
  });
  return svg;
}

function path(values, x, y) {
  let line = "";
  let up = true;
  values.forEach((value, n) => {
    if (value === null) up = true;
    else {
      line += `${up ? "M" : "L"}${x(n).toFixed(1)} ${y(value).toFixed(1)}`;
      up = false;
    }
  });
  return line;
}

/** What a chart says, for those who do not see it. */
function summary(days, series, format) {
  const parts = series.map(({ name, values }) => {
    const known = values.map((value, n) => [value, n]).filter(([value]) => value !== null);
    if (!known.length) return t("chart_nothing", { name });
    const [most, at] = known.reduce((best, next) => (next[0] > best[0] ? next : best));
    const [last] = known.at(-1);
    return t("chart_summary", { name, last: format(last), most: format(most), day: day(days[at]) });
  });
  return parts.join(" ");
}

function legend(series) {
  return h("ul", { class: "chart-legend", role: "list" }, series.map(({ name }, place) => h("li", { class: `series-${place + 1}` }, name)));
}

function numbers(title, days, series, format) {
  const row = (date, n) =>
    h("tr", {}, h("th", { scope: "row" }, fullDay(date)), series.map(({ values }) => h("td", { class: "number" }, values[n] === null ? "–" : format(values[n]))));
  return h(
    "details",
    { class: "chart-numbers" },
    h("summary", {}, t("as_table"), h("span", { class: "sr-only" }, `: ${title}`)),
    h(
      "div",
      { class: "chart-scroll", tabindex: 0, role: "region", "aria-label": title },
      h(
        "table",
        {},
        h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("day")), series.map(({ name }) => h("th", { scope: "col", class: "number" }, name)))),
        h("tbody", {}, days.map(row).reverse()),
      ),
    ),
  );
}
