// Elements from values. Texts of the API only ever become text nodes and attributes: there is no HTML from strings here.
// In: the texts of the page (`data-texts` of <main>). Out: functions that make elements, numbers and times in the reader's language and zone.

const main = document.getElementById("content");
const texts = JSON.parse(main.dataset.texts);
const lang = document.documentElement.lang;

/** The text of a key, with `{name}` filled in. */
export function t(key, values = {}) {
  return (texts[key] ?? key).replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);
}

/** The text of a word that the API answers, such as a state: the word itself where there is none. */
export const word = (group, value) => texts[`${group}_${value}`] ?? String(value ?? "");

const SVG = "http://www.w3.org/2000/svg";

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(9).filter((child) => child !== undefined && child !== null && child !== false));
  return element;
}

/** An element. Attributes that begin with `on` are listeners. */
export const h = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);

/** An element of SVG. */
export const s = (tag, attributes, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);

/** A drawing of the page's <template>. */
export function icon(name) {
  const found = document.getElementById("admin-icons").content.querySelector(`[data-icon="${name}"] svg`);
  return found?.cloneNode(true);
}

const plain = new Intl.NumberFormat(lang);
const short = new Intl.NumberFormat(lang, { notation: "compact", maximumFractionDigits: 1 });
const fixed = (digits) => new Intl.NumberFormat(lang, { minimumFractionDigits: digits, maximumFractionDigits: digits });
const [one, two] = [fixed(1), fixed(2)];
const percent = new Intl.NumberFormat(lang, { style: "percent", maximumFractionDigits: 1 });

/** Numbers as people read them. */
export const number = (value) => plain.format(value);
export const compact = (value) => (Math.abs(value) < 10_000 ? plain.format(value) : short.format(value));
export const share = (value) => percent.format(value);
export const decimal = (value) => two.format(value);

/** Milliseconds, in the unit that fits. */
export function duration(ms) {
  if (ms >= 1000) return t("seconds", { n: two.format(ms / 1000) });
  return t("milliseconds", { n: ms && ms < 10 ? one.format(ms) : plain.format(Math.round(ms)) });
}

const moment = new Intl.DateTimeFormat(lang, { dateStyle: "medium", timeStyle: "short" });
const exact = new Intl.DateTimeFormat(lang, { dateStyle: "full", timeStyle: "long" });
// A day of the API is one in UTC: it must not slip into the day before in zones west of it.
const days = new Intl.DateTimeFormat(lang, { day: "numeric", month: "short", timeZone: "UTC" });
const fullDays = new Intl.DateTimeFormat(lang, { dateStyle: "long", timeZone: "UTC" });

/** A moment as <time>, in the reader's zone. Nothing where there is none. */
export function time(value) {
  const date = value ? new Date(value) : null;
  if (!date || Number.isNaN(date.valueOf())) return h("span", { class: "admin-none" }, "–");
  return h("time", { datetime: date.toISOString(), title: exact.format(date) }, moment.format(date));
}

export const day = (value) => days.format(new Date(`${value.slice(0, 10)}T00:00:00Z`));
export const fullDay = (value) => fullDays.format(new Date(`${value.slice(0, 10)}T00:00:00Z`));

let gone;

/** Says something to everybody: the line is read aloud, and leaves after a while unless it tells of a failure. */
export function say(text, kind = "") {
  const line = document.getElementById("admin-status");
  line.textContent = text;
  line.dataset.kind = kind;
  clearTimeout(gone);
  if (kind !== "failed") gone = setTimeout(() => { line.textContent = ""; }, 8000);
}
