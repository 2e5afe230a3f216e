// What was sent in forms: read, marked, exported, deleted.
import { address, get, send } from "../api.js";
import { h, icon, number, t, time } from "../dom.js";
import { act, action, ask, badge, choice, empty, more, panel } from "../parts.js";

const LIMIT = 25;

export function show(view) {
  const { body, tools, params, signal, refine } = view;
  const { form = "", state = "" } = params;
  const states = [["", t("state_any")], ["new", t("state_new")], ["done", t("state_done")], ["starred", t("starred")], ["spam", t("state_spam")]];
  const query = { form, state: state === "starred" ? "" : state, starred: state === "starred" ? "true" : "", limit: LIMIT };
  const load = async (after) => (await get("admin/submissions", { ...query, after }, signal)).items;
  tools.append(choice({ label: t("shown"), name: "state", value: state, options: states, refine }));
  body.append(
    panel(view, { title: t("forms"), load: () => get("admin/forms", {}, signal), show: ({ items }) => forms(items, form) }),
    panel(view, {
      title: form ? t("messages_of", { form }) : t("messages"),
      load: () => load(),
      show: (items, again) => messages(view, items, load, again),
    }),
  );
}

function forms(items, chosen) {
  if (!items.length) return empty(t("no_forms"));
  const entry = ({ form, total, unread, starred, last_at }) =>
    h(
      "li",
      { class: "form-card" },
      h("a", { href: `#/inbox?${new URLSearchParams({ form })}`, "aria-current": form === chosen && "true" }, form),
      h("p", { class: "meta" }, `${t("total", { n: number(total) })} · ${t("unread", { n: number(unread) })} · ${t("with_star", { n: number(starred) })}`),
      h("p", { class: "meta" }, last_at && [`${t("last_time")} `, time(last_at)]),
      // A link, so that the browser stores the file itself; the file's name comes with it.
      h("a", { class: "admin-action", href: address("admin/submissions/export", { form }), download: "" }, icon("download"), h("span", {}, t("export")), h("span", { class: "sr-only" }, ` ${form}`)),
    );
  return [chosen && h("p", { class: "meta" }, h("a", { href: "#/inbox" }, t("all_forms"))), h("ul", { class: "form-cards", role: "list" }, items.map(entry))];
}

function messages(view, items, load, again) {
  if (!items.length) return empty(t("no_messages"));
  const list = h("ul", { class: "messages", role: "list" });
  const add = (some) => {
    const made = some.map((item) => message(view, item, again));
    list.append(...made);
    return made[0];
  };
  add(items);
  return [list, more(view, { items, limit: LIMIT, load, add })];
}

function message(view, item, again) {
  const place = h("li", { class: "message", tabindex: -1 });
  const about = () => t("message_of", { form: item.form, id: item.id.slice(0, 8) });
  const change = async (body, done, wanted) => {
    const changed = await act(view, () => send("PATCH", `admin/submissions/${item.id}`, body), done);
    if (!changed) return;
    Object.assign(item, { state: changed.state, starred: changed.starred });
    draw();
    place.querySelector(`[data-action="${wanted}"]`)?.focus();
  };
  const remove = async () => {
    if (!(await ask({ title: t("delete_title"), text: t("delete_text"), yes: t("delete") }))) return;
    if (!(await act(view, () => send("DELETE", `admin/submissions/${item.id}`), t("deleted")))) return;
    // The focus goes to what takes its place.
    const next = place.nextElementSibling ?? place.previousElementSibling;
    place.remove();
    if (next) next.focus();
    else again();
  };
  const marked = (name, button) => {
    button.dataset.action = name;
    return button;
  };
  const draw = () => {
    place.dataset.state = item.state;
    place.replaceChildren(
      h(
        "div",
        { class: "message-head" },
        item.state === "new" && badge(t("state_new"), "new"),
        item.state === "spam" && badge(t("state_spam"), "danger"),
        h("strong", {}, item.form),
        h("span", { class: "meta" }, time(item.at)),
      ),
      h("dl", { class: "message-data" }, Object.entries(item.data).map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, written(value))))),
      h(
        "div",
        { class: "admin-actions" },
        marked("star", action({ label: t("star"), about: about(), icon: "star", pressed: item.starred, run: () => change({ starred: !item.starred }, t(item.starred ? "star_off" : "star_on"), "star") })),
        item.state === "done"
          ? marked("read", action({ label: t("mark_new"), about: about(), icon: "mail", run: () => change({ state: "new" }, t("marked_new"), "read") }))
          : marked("read", action({ label: t("mark_done"), about: about(), icon: "check", run: () => change({ state: "done" }, t("marked_done"), "read") })),
        item.state !== "spam" && marked("spam", action({ label: t("mark_spam"), about: about(), icon: "shield", run: () => change({ state: "spam" }, t("marked_spam"), "read") })),
        marked("delete", action({ label: t("delete"), about: about(), icon: "trash", danger: true, run: remove })),
      ),
    );
  };
  draw();
  return place;
}

const written = (value) => (value === null ? "–" : typeof value === "object" ? JSON.stringify(value) : String(value));
