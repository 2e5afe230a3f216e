// Draws charts of components/live.html anew with what the API answers. Loaded by pages that have one.
// The same calculations as src/render/live/chart.rs, in the same order: of the same bars come the same lines. Where the API does not answer, or knows no
// bars of the symbol, the chart stays as it was built.
const [LEFT, RIGHT, TOP, BOTTOM, VOLUME, DAY] = [6, 574, 10, 268, 44, 86_400_000];
const NAMES = ["open", "high", "low", "close", "volume"];

const r = (value) => Math.floor(value * 10 + 0.5) / 10;
const power = (k) => Number(`1e${k}`);

function ticks(low, high) {
  const raw = (high - low) / 5;
  let k = 0;
  while (k < 300 && power(k + 1) <= raw) k += 1;
  while (k > -300 && power(k) > raw) k -= 1;
  const ratio = raw / power(k);
  const factor = ratio <= 1.000001 ? 1 : ratio <= 2.000001 ? 2 : ratio <= 5.000001 ? 5 : 10;
  const step = factor * power(k);
  const last = Math.floor(high / step);
  const all = [];
  for (let at = Math.ceil(low / step); at <= last && all.length < 20; at += 1) all.push(at * step + 0);
  return [all, Math.max(0, -(factor === 10 ? k + 1 : k))];
}

const two = (number) => String(number).padStart(2, "0");
const clock = (time) => `${two(time.getUTCHours())}:${two(time.getUTCMinutes())}`;

const isOfDays = (bars) => bars.every((bar) => bar.at % DAY === 0);

/** Calculates what is drawn of bars, oldest first, each with `at`, a Date. */
export function draw(bars, months) {
  const low = Math.min(...bars.map((bar) => bar.low));
  const high = Math.max(...bars.map((bar) => bar.high));
  const pad = high > low ? (high - low) * 0.06 : Math.abs(low) * 0.01 + 0.01;
  const [min, max] = [low - pad, high + pad];
  const step = (RIGHT - LEFT) / bars.length;
  const x = (index) => LEFT + (index + 0.5) * step;
  const y = (value) => TOP + ((max - value) / (max - min)) * (BOTTOM - TOP);
  const out = { line: "", up: "", down: "", volume: "", grid: "", low, high };
  const half = Math.min(Math.max(step * 0.32, 0.5), 9);
  const most = Math.max(0, ...bars.map((bar) => bar.volume));
  bars.forEach((bar, index) => {
    out.line += `${index ? "L" : "M"}${r(x(index))} ${r(y(bar.close))}`;
    const [left, right, middle] = [r(x(index) - half), r(x(index) + half), r(x(index))];
    const head = r(y(Math.max(bar.open, bar.close)));
    const foot = Math.max(r(y(Math.min(bar.open, bar.close))), head + 1);
    out[bar.close >= bar.open ? "up" : "down"] +=
      `M${middle} ${r(y(bar.high))}V${head}M${middle} ${foot}V${r(y(bar.low))}M${left} ${head}H${right}V${foot}H${left}Z`;
    if (most > 0) out.volume += `M${left} ${BOTTOM}V${r(BOTTOM - (bar.volume / most) * VOLUME)}H${right}V${BOTTOM}Z`;
  });
  const end = bars.length - 1;
  out.area = `${out.line}L${r(x(end))} ${BOTTOM}L${r(x(0))} ${BOTTOM}Z`;
  const [steps, digits] = ticks(min, max);
  out.prices = steps.map((value) => ({ x: RIGHT + 7, y: r(y(value)), text: value.toFixed(digits) }));
  for (const value of steps) out.grid += `M${LEFT} ${r(y(value))}H${RIGHT}`;
  const span = bars[end].at - bars[0].at;
  const count = Math.min(bars.length, 6);
  out.times = Array.from({ length: count }, (_, tick) => {
    const index = Math.floor((tick * end) / (count - 1) + 0.5);
    const time = bars[index].at;
    const month = months[time.getUTCMonth()];
    const text = span <= 2 * DAY && !isOfDays(bars) ? clock(time) : span <= 400 * DAY ? `${time.getUTCDate()} ${month}` : `${month} ${time.getUTCFullYear()}`;
    const [at, anchor] = tick === 0 ? [LEFT, "start"] : index === end ? [RIGHT, "end"] : [r(x(index)), "middle"];
    return { x: at, y: BOTTOM + 18, anchor, text };
  });
  out.end = { x: r(x(end)), y: r(y(bars[end].close)) };
  return out;
}

function show(figure, bars) {
  const find = (name) => figure.querySelector(`.plot-${name}`);
  const drawn = draw(bars, figure.dataset.months.split(",").map((month) => month.trim()));
  for (const name of ["grid", "volume", "up", "down", "area", "line"]) find(name)?.setAttribute("d", drawn[name]);
  find("end")?.setAttribute("cx", drawn.end.x);
  find("end")?.setAttribute("cy", drawn.end.y);
  for (const name of ["prices", "times"]) {
    find(name).replaceChildren(...drawn[name].map(({ x, y, anchor, text }) => {
      const label = document.createElementNS("http://www.w3.org/2000/svg", "text");
      label.setAttribute("x", x);
      label.setAttribute("y", y);
      if (anchor) label.setAttribute("text-anchor", anchor);
      label.textContent = text;
      return label;
    }));
  }
  const ofDays = isOfDays(bars);
  const moment = (time) => time.toISOString().slice(0, 10) + (ofDays ? "" : ` ${clock(time)}`);
  const [first, last] = [bars[0], bars.at(-1)];
  const words = { from: moment(first.at), to: moment(last.at), last: last.close, high: drawn.high, low: drawn.low };
  find("text").textContent = figure.dataset.text.replace(/\{(\w+)\}/g, (all, word) => words[word] ?? all);
  find("last").textContent = last.close;
  const change = ((last.close - first.close) / Math.abs(first.close)) * 100 + 0;
  if (find("change")) find("change").textContent = first.close ? `${change < 0 ? "" : "+"}${change.toFixed(2)} %` : "";
  find("as-of").textContent = figure.dataset.now.replace("{date}", words.to);
  figure.querySelector("tbody").replaceChildren(...bars.toReversed().map((bar) => {
    const row = document.createElement("tr");
    const head = document.createElement("th");
    head.scope = "row";
    head.textContent = moment(bar.at);
    row.append(head, ...NAMES.map((name) => Object.assign(document.createElement("td"), { textContent: bar[name] })));
    return row;
  }));
  figure.dataset.state = "live";
}

async function refresh(figure) {
  const { api, symbol, interval, limit } = figure.dataset;
  const answer = await fetch(`${api}${encodeURIComponent(symbol)}?${new URLSearchParams({ interval, limit })}`, { signal: AbortSignal.timeout(5000) });
  if (!answer.ok) return;
  const { items } = await answer.json();
  const bars = items.map((bar) => ({ ...bar, at: new Date(bar.ts) })).reverse();
  if (bars.length >= 2) show(figure, bars);
}

// A host without an API answers something else, or nothing: the chart is good as it is.
for (const figure of document.querySelectorAll(".plot[data-symbol]")) refresh(figure).catch(() => {});
