// The dashboard: who is signed in, and which view is shown. Views are loaded when they are opened.
// The address of a view stands after `#/`, with what it is asked for: `#/errors?days=7`. Deliberately not here: any data.
import { Problem, get, send } from "./api.js";
import { h, icon, say, t } from "./dom.js";
import { problem } from "./parts.js";

const main = document.getElementById("content");
const nav = document.getElementById("admin-nav");
const side = document.getElementById("admin-side");
const who = document.getElementById("admin-who");
const title = document.title;

const VIEWS = {
  "": () => import("./views/overview.js"),
  pages: () => import("./views/pages.js"),
  searches: () => import("./views/searches.js"),
  inbox: () => import("./views/inbox.js"),
  accounts: () => import("./views/accounts.js"),
  sessions: () => import("./views/sessions.js"),
  builds: () => import("./views/builds.js"),
  speed: () => import("./views/speed.js"),
  errors: () => import("./views/errors.js"),
  audit: () => import("./views/audit.js"),
};

let account = null;
let leaving = new AbortController();

function place() {
  const [path, query] = (location.hash.startsWith("#/") ? location.hash.slice(2) : "").split("?");
  const name = Object.hasOwn(VIEWS, path) ? path : "";
  return { name, params: Object.fromEntries(new URLSearchParams(query)) };
}

/** Goes to the same view with other parameters. What is empty leaves the address. */
function refine(changes) {
  const { name, params } = place();
  const all = Object.entries({ ...params, ...changes }).filter(([, value]) => value !== "");
  const query = new URLSearchParams(all).toString();
  location.hash = `#/${name}${query && `?${query}`}`;
}

async function route({ focus = true } = {}) {
  leaving.abort();
  leaving = new AbortController();
  const { signal } = leaving;
  const { name, params } = place();
  // A choice that asks for other data keeps the focus.
  const kept = document.activeElement?.dataset?.keep;
  for (const link of nav.querySelectorAll("a")) {
    if (link.hash === `#/${name}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  // On a phone the list of views lies over the page.
  side.querySelector('[aria-expanded="true"]')?.click();
  const heading = h("h1", { tabindex: -1 }, t(`view_${name || "overview"}`));
  const tools = h("div", { class: "admin-tools" });
  // Until its module has come, there is nothing of the view.
  const body = h("div", { class: "admin-body", "aria-busy": "true" });
  document.title = `${heading.textContent} · ${title}`;
  say("");
  main.replaceChildren(h("div", { class: "admin-head" }, heading, tools), body);
  if (kept === undefined && focus) {
    heading.focus({ preventScroll: true });
    scrollTo({ top: 0, behavior: "instant" });
  }
  const again = () => route();
  try {
    const view = await VIEWS[name]();
    if (signal.aborted) return;
    view.show({ body, tools, params, signal, account, refine, refuse });
    if (kept !== undefined) (main.querySelector(`[data-keep="${CSS.escape(kept)}"]`) ?? heading).focus({ preventScroll: true });
  } catch (error) {
    // The module itself was not there: an old page beside a new deployment, or no network.
    console.error(error);
    body.replaceChildren(problem(new Problem(0), again));
  } finally {
    body.removeAttribute("aria-busy");
  }
}

/** Shows the log-in where nobody is signed in any more. Reports whether that was what went wrong. */
function refuse(error) {
  if (error.status !== 401) return false;
  if (account) signIn(t("session_over"));
  return true;
}

function signIn(note = "") {
  leaving.abort();
  account = null;
  frame();
  const status = h("p", { class: "form-status", role: "alert" }, note);
  const form = h(
    "form",
    { class: "form admin-sign-in", method: "post", action: "/api/v1/auth/login", "data-state": note ? "failed" : "", onsubmit: submit },
    h("h1", { tabindex: -1 }, t("sign_in")),
    status,
    h("div", { class: "field" }, h("label", { for: "email" }, t("email")), h("input", { id: "email", name: "email", type: "email", autocomplete: "username", required: true, maxlength: 254 })),
    h("div", { class: "field" }, h("label", { for: "password" }, t("password")), h("input", { id: "password", name: "password", type: "password", autocomplete: "current-password", required: true, maxlength: 256 })),
    h("p", { class: "form-end" }, h("button", { class: "button primary", type: "submit" }, t("sign_in"))),
  );
  document.title = `${t("sign_in")} · ${title}`;
  main.replaceChildren(form);
  form.elements.email.focus({ preventScroll: true });

  async function submit(event) {
    event.preventDefault();
    if (form.ariaBusy === "true") return;
    form.ariaBusy = "true";
    status.textContent = "";
    form.dataset.state = "";
    try {
      await send("POST", "auth/login", { email: form.elements.email.value, password: form.elements.password.value });
      await enter(true);
    } catch (error) {
      form.dataset.state = "failed";
      status.textContent = { 0: t("unreachable"), 401: t("wrong_password"), 400: t("wrong_password"), 429: t("too_many"), 501: t("no_api"), 404: t("no_api") }[error.status] ?? t("unavailable");
      form.elements.password.select();
    } finally {
      form.ariaBusy = null;
    }
  }
}

async function signOut() {
  try {
    await send("POST", "auth/logout");
  } catch (error) {
    // Without a session there is nothing to end.
    if (error.status !== 401) return say(t("not_signed_out"), "failed");
  }
  signIn();
  say(t("signed_out"), "done");
}

/** Finds out who is signed in, and shows what they may see. */
async function enter(focus) {
  account = await get("auth/me");
  frame();
  if (account.role === "admin") return route({ focus });
  leaving.abort();
  main.replaceChildren(h("h1", { tabindex: -1 }, t("forbidden")), problem(new Problem(403)));
  document.title = `${t("forbidden")} · ${title}`;
  main.querySelector("h1").focus();
}

function frame() {
  side.hidden = account?.role !== "admin";
  document.getElementById("admin-frame").classList.toggle("no-sidebar", side.hidden);
  const out = h("button", { class: "icon-button", type: "button", "aria-label": t("sign_out"), title: t("sign_out"), onclick: signOut }, icon("sign-out"));
  who.replaceChildren(...(account ? [h("span", { class: "admin-email" }, account.email), out] : []));
}

async function start() {
  try {
    await enter(false);
  } catch (error) {
    if (error.status === 401) return signIn();
    main.replaceChildren(h("h1", {}, title), problem(error.status === 404 ? new Problem(501, "no-api", t("no_api")) : error, start));
  }
}

addEventListener("hashchange", () => {
  if (account?.role === "admin" && (location.hash.startsWith("#/") || !location.hash)) route();
});
start();
