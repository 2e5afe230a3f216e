// What views are made of: panels that load, tables, choices, questions.
// In: what the API answered. Out: elements. Deliberately not here: which route is asked.
import { h, icon, number, s, say, t } from "./dom.js";

/** A text whose names stand between backticks. */
const marked = (text) => text.split("`").map((part, at) => (at % 2 ? h("code", {}, part) : part));

/** What went wrong, in words, with what can be done. */
export function problem(error, again) {
  const key = { 0: "unreachable", 403: "forbidden_text", 404: "not_found", 429: "too_many", 501: "not_available", 503: "unavailable", 504: "unavailable" }[error.status];
  // What the server says helps where it is about the set-up; elsewhere our words are the reader's.
  const detail = [501, 400, 409].includes(error.status) ? error.detail : "";
  return h(
    "div",
    { class: "admin-problem", role: "alert", "data-status": error.status },
    icon("warning"),
    h(
      "div",
      {},
      h("p", { class: "admin-problem-title" }, t(key ?? "failed")),
      detail && h("p", {}, marked(detail)),
      error.id && h("p", { class: "meta" }, `${t("request")} `, h("code", {}, error.id)),
      again && error.status !== 501 && error.status !== 403 && h("p", {}, h("button", { class: "button small", type: "button", onclick: again }, t("again"))),
    ),
  );
}

export const empty = (text) => h("p", { class: "admin-empty" }, text);

/**
 * A part of a view: loads, shows what came, or says what went wrong; the rest of the view stays.
 *
 * `load` answers a promise, `show` makes elements of what it gave.
 */
export function panel({ signal, refuse }, { title, class: name = "", tools, load, show }) {
  const place = h("div", { class: "panel-body" });
  const heading = title && h("h2", {}, title);
  const section = h("section", { class: `panel ${name}` }, title && h("div", { class: "panel-head" }, heading, tools), place);
  const run = async () => {
    section.ariaBusy = "true";
    place.replaceChildren(h("p", { class: "admin-loading" }, t("loading")));
    try {
      const value = await load();
      if (!signal.aborted) place.replaceChildren(...[show(value, run)].flat().filter(Boolean));
    } catch (error) {
      if (signal.aborted || refuse(error)) return;
      // A mistake of ours is told where developers look, and does not take the view with it.
      if (error.status === undefined) console.error(error);
      place.replaceChildren(problem(error, run));
    } finally {
      section.ariaBusy = null;
    }
  };
  run();
  return section;
}

/**
 * A table; on narrow screens each row becomes a card, and the names of its columns stand beside the cells.
 *
 * `columns`: [{ name, cell: (row) => content, class, head: whether the cell names the row }]. A list of names with numbers is narrow already:
 * `isList`.
 */
export function table({ caption, columns, rows, isList = false }) {
  return h("table", { class: isList ? "admin-table admin-list" : "admin-table admin-cards", role: "table" }, h("caption", { class: "sr-only" }, caption), head(columns), rowsOf(columns, rows));
}

function head(columns) {
  const cell = ({ name, class: kind }) => h("th", { scope: "col", role: "columnheader", class: kind }, name || h("span", { class: "sr-only" }, t("actions")));
  return h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, columns.map(cell)));
}

/** Adds rows to a table, and answers the first of them. */
export function addRows(table, columns, rows) {
  const part = rowsOf(columns, rows);
  table.append(part);
  return part.rows[0];
}

function rowsOf(columns, rows) {
  const cells = (row) =>
    columns.map(({ name, cell, class: kind, head }) =>
      h(head ? "th" : "td", { scope: head && "row", role: head ? "rowheader" : "cell", class: kind, "data-label": name || undefined }, h("div", {}, cell(row))));
  // Roles are said again: browsers forget them where rows are shown as cards.
  return h("tbody", { role: "rowgroup" }, rows.map((row) => h("tr", { role: "row" }, cells(row))));
}

/**
 * Adds a button that loads the next part of a list, where the first part, `items`, is full.
 *
 * `load(after)` answers a promise of what comes after the item whose `key` that is; `add` shows it, and answers the first element of it.
 */
export function more({ signal, refuse }, { items, limit, key = "id", load, add }) {
  if (items.length < limit) return null;
  let last = items.at(-1);
  const button = h("button", { class: "button small", type: "button", onclick: run }, t("more"));
  const place = h("p", { class: "admin-more" }, button);
  async function run() {
    button.disabled = true;
    try {
      const next = await load(last[key]);
      if (signal.aborted) return;
      last = next.at(-1) ?? last;
      const first = add(next);
      say(t("loaded", { n: number(next.length) }));
      if (next.length < limit) place.remove();
      // The button may be gone: the focus goes to what it brought.
      if (first) first.tabIndex = -1;
      first?.focus();
    } catch (error) {
      if (signal.aborted || refuse(error)) return;
      say(t("failed"), "failed");
    }
    button.disabled = false;
  }
  return place;
}

/** A choice of the view's tools. */
export function choice({ label, name, value, options, refine }) {
  const select = h("select", { "data-keep": name, onchange: () => refine({ [name]: select.value }) },
    options.map(([key, text]) => h("option", { value: key, selected: key === value }, text)));
  return h("label", { class: "admin-choice" }, h("span", {}, label), select);
}

/** The choice of how many days back. */
export function period({ params, refine }, usual = "30") {
  const options = ["1", "7", "30", "90", "365"].map((n) => [n, n === "1" ? t("today") : t("last_days", { n })]);
  const days = options.some(([n]) => n === params.days) ? params.days : usual;
  return { days, element: choice({ label: t("period"), name: "days", value: days, options, refine }) };
}

/** A word in a frame. */
export const badge = (text, kind = "note") => h("span", { class: `badge badge-${kind}` }, text);

/** A small button of a row. `about` says to those who hear the page which row is meant. */
export function action({ label, about, icon: name, danger, pressed, run }) {
  const button = h(
    "button",
    { class: `admin-action${danger ? " danger" : ""}`, type: "button", "aria-pressed": pressed === undefined ? undefined : String(pressed) },
    name && icon(name),
    h("span", {}, label),
    about && h("span", { class: "sr-only" }, ` ${about}`),
  );
  // A button that is disabled loses the focus, which a question gives back to it.
  let isBusy = false;
  button.addEventListener("click", async () => {
    if (isBusy) return;
    isBusy = true;
    await run();
    isBusy = false;
  });
  return button;
}

/** Changes something, and says how it went. Reports whether it worked. */
export async function act({ refuse }, change, done) {
  try {
    const value = await change();
    say(done, "done");
    return value ?? true;
  } catch (error) {
    if (refuse(error)) return false;
    const text = { 0: t("unreachable"), 403: t("forbidden_text"), 404: t("gone"), 409: error.detail, 429: t("too_many"), 503: t("unavailable") }[error.status];
    say(text || t("failed"), "failed");
    return false;
  }
}

/** Asks before something that cannot be taken back. Answers what was chosen: `true`, or the text of the field. */
export function ask({ title, text, yes, danger = true, field }) {
  return new Promise((done) => {
    const input = field && h("input", { id: "admin-ask", value: field.value, required: true, pattern: field.pattern, list: "admin-ask-list", autocomplete: "off" });
    const cancel = h("button", { class: "button", type: "button", onclick: () => dialog.close() }, t("cancel"));
    const form = h(
      "form",
      { method: "dialog", onsubmit: () => { dialog.returnValue = "yes"; } },
      h("h2", { id: "admin-ask-title" }, title),
      h("p", { id: "admin-ask-text" }, text),
      field && h("div", { class: "field" }, h("label", { for: "admin-ask" }, field.label), input, h("datalist", { id: "admin-ask-list" }, field.options.map((value) => h("option", { value })))),
      h("div", { class: "buttons" }, cancel, h("button", { class: `button ${danger ? "danger" : "primary"}`, value: "yes" }, yes)),
    );
    const dialog = h("dialog", { class: "admin-dialog", "aria-labelledby": "admin-ask-title", "aria-describedby": "admin-ask-text" }, form);
    dialog.addEventListener("close", () => {
      dialog.remove();
      done(dialog.returnValue === "yes" && (input ? input.value : true));
    });
    document.body.append(dialog);
    dialog.showModal();
    // The harmless answer is the one that Enter gives.
    (input ?? cancel).focus();
  });
}

/** A part of a whole, as a bar beside the number that says the same. */
export function bar(part, whole) {
  const width = (100 * part) / Math.max(1, whole);
  return s("svg", { class: "admin-bar", viewBox: "0 0 100 1", preserveAspectRatio: "none", "aria-hidden": "true" }, s("rect", { width, height: 1 }));
}
