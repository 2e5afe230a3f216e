// Keeps a previewed page up to date. Served by `rivage preview` only; nothing of this is in a built site.
(() => {
  "use strict";
  const script = document.currentScript;
  const own = (url) => new URL(url, location.href);
  const key = "rivage:scroll:" + location.pathname;
  let version = script.dataset.version;
  let source = null;
  let overlay = null;
  let work = Promise.resolve();

  // Pages may take HTML from policies only (Trusted Types). All of ours comes from the preview itself.
  let trusted = (html) => html;
  try {
    const policy = globalThis.trustedTypes.createPolicy("rivage-preview", { createHTML: trusted });
    trusted = (html) => policy.createHTML(html);
  } catch {
    // No such thing here, or the page allows no policy: then it shows errors after a reload.
  }

  // ---- The same place after a reload. Browsers do this too, but not once images or fonts have moved the page.
  // An editor may empty a file before it writes it: the page is short for a moment, and the place must outlive that.
  let wanted = null;
  for (const touch of ["wheel", "keydown", "pointerdown", "touchmove"]) {
    addEventListener(touch, () => (wanted = null), { passive: true });
  }
  try {
    const place = JSON.parse(sessionStorage.getItem(key));
    sessionStorage.removeItem(key);
    if (place) {
      wanted = place;
      const restore = () => scrollTo({ left: place[0], top: place[1], behavior: "instant" });
      // The browser's own idea of the place may be that of the short page.
      history.scrollRestoration = "manual";
      restore();
      addEventListener("load", () => {
        restore();
        history.scrollRestoration = "auto";
      }, { once: true });
    }
  } catch {
    // No storage, no memory: the page starts at its top.
  }

  function reload() {
    try {
      const place = wanted && scrollY < wanted[1] ? wanted : [scrollX, scrollY];
      sessionStorage.setItem(key, JSON.stringify(place));
      history.scrollRestoration = "manual";
    } catch {
      // As above.
    }
    location.reload();
  }

  // ---- Stylesheets are swapped: the new one is loaded before the old one goes, so that nothing flashes.
  const isStylesheet = (link) => link.rel.split(/\s+/).includes("stylesheet") && own(link.href).origin === location.origin;
  const stylesheets = (root) => [...root.querySelectorAll("link[rel][href]")].filter(isStylesheet);

  function swap(old, href) {
    return new Promise((done) => {
      const link = old.cloneNode();
      link.href = href;
      // A hash of the former bytes would refuse the new ones.
      link.removeAttribute("integrity");
      link.onload = link.onerror = () => {
        old.remove();
        done();
      };
      old.after(link);
    });
  }

  function fresh(url) {
    const next = own(url);
    next.searchParams.set("rivage", Date.now().toString(36));
    return next.href;
  }

  // What a page is apart from its stylesheets and this script.
  function bare(page) {
    const copy = page.cloneNode(true);
    copy.querySelectorAll("script[data-version]").forEach((element) => element.remove());
    copy.querySelectorAll("link").forEach((link) => {
      if (link.rel.split(/\s+/).some((rel) => rel === "stylesheet" || rel === "preload")) link.remove();
    });
    return copy.documentElement.outerHTML;
  }

  let shown = null;

  // ---- The page itself: only its stylesheets may have other names, which is no reason to load it again.
  async function refresh() {
    const response = await fetch(location.href, { cache: "no-store", headers: { accept: "text/html" } });
    if (!(response.headers.get("content-type") || "").startsWith("text/html")) return reload();
    const page = new DOMParser().parseFromString(trusted(await response.text()), "text/html");
    const next = page.querySelector("script[data-version]");
    const links = stylesheets(document);
    const hrefs = stylesheets(page).map((link) => own(link.getAttribute("href")).href);
    if (!next || shown === null || bare(page) !== shown || links.length !== hrefs.length) return reload();
    await Promise.all(links.map((link, i) => (own(link.href).href === hrefs[i] ? null : swap(link, hrefs[i]))));
    version = next.dataset.version;
    // Scripts may have changed this document since; what was served is what the next one is compared with.
    listen();
  }

  // ---- Files that the page uses under names that stay.
  async function replace(files) {
    const changed = new Set(files.map((file) => own(encodeURI(file)).pathname));
    const uses = (url) => url && own(url).origin === location.origin && changed.has(own(url).pathname);
    if ([...document.scripts].some((element) => element !== script && uses(element.src))) return reload();
    await Promise.all(stylesheets(document).filter((link) => uses(link.href)).map((link) => swap(link, fresh(link.href))));
    for (const image of document.images) {
      if (uses(image.currentSrc || image.src)) {
        image.removeAttribute("srcset");
        image.src = fresh(image.currentSrc || image.src);
      }
    }
  }

  // ---- Errors, over the page.
  const look = `
    :host { all: initial; }
    dialog { box-sizing: border-box; width: min(64rem, calc(100vw - 2rem)); max-height: calc(100vh - 4rem); margin: auto; padding: 0;
      border: 0; border-top: 4px solid #e5484d; border-radius: 8px; background: #16181d; color: #eceef2;
      font: 15px/1.5 ui-sans-serif, system-ui, sans-serif; box-shadow: 0 24px 64px rgb(0 0 0 / .5); }
    dialog::backdrop { background: rgb(8 9 12 / .6); }
    header { position: sticky; top: 0; display: flex; align-items: center; gap: 1rem; padding: .75rem 1.25rem; background: #16181d;
      border-bottom: 1px solid #2b2f38; }
    h1 { flex: 1; margin: 0; font-size: 1rem; }
    button { padding: .25rem .75rem; border: 1px solid #4a505c; border-radius: 6px; background: none; color: inherit; font: inherit; cursor: pointer; }
    button:hover { background: #2b2f38; }
    button:focus-visible, main:focus-visible { outline: 2px solid #70b8ff; outline-offset: 2px; }
    main { padding: 1rem 1.25rem 1.25rem; }
    article { margin: 0 0 1.25rem; padding: 0 0 1.25rem; border-bottom: 1px solid #2b2f38; }
    h2 { margin: 0 0 .5rem; font-size: 1rem; font-weight: 600; }
    h2 .severity { color: #ff9592; }
    .warning h2 .severity { color: #ffca16; }
    h2 .code { color: #a3a9b5; font-weight: 400; }
    code { font: .9em ui-monospace, monospace; }
    p, ol { margin: .25rem 0; color: #a3a9b5; font-size: .875rem; }
    .place { font-family: ui-monospace, monospace; }
    .label, .hint { color: #eceef2; }
    .hint::before { content: "help: "; color: #70b8ff; }
    .frame { margin: .25rem 0; padding: .5rem .75rem; overflow-x: auto; border-radius: 6px; background: #0d0e12;
      font: 13px/1.6 ui-monospace, monospace; }
    .number { display: inline-block; min-width: 3ch; margin-right: 1ch; color: #858c99; text-align: right; user-select: none; }
    mark { background: none; color: #ff9592; text-decoration: underline wavy; text-underline-offset: .2em; }
    mark.warning { color: #ffca16; }
  `;

  function show(errors) {
    if (!overlay) {
      const host = document.createElement("rivage-errors");
      const root = host.attachShadow({ mode: "open" });
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(look);
      root.adoptedStyleSheets = [sheet];
      const dialog = document.createElement("dialog");
      dialog.setAttribute("aria-labelledby", "title");
      const header = document.createElement("header");
      const title = document.createElement("h1");
      title.id = "title";
      title.textContent = "The site has errors";
      const close = document.createElement("button");
      close.type = "button";
      close.textContent = "Close";
      close.title = "Esc";
      close.addEventListener("click", () => dialog.close());
      const main = document.createElement("main");
      main.tabIndex = 0;
      main.setAttribute("role", "region");
      main.setAttribute("aria-labelledby", "title");
      header.append(title, close);
      dialog.append(header, main);
      root.append(dialog);
      document.documentElement.append(host);
      overlay = { host, dialog, main, errors: null };
    }
    // Closed is closed, until there is something new to see.
    if (overlay.errors === errors) return;
    overlay.errors = errors;
    overlay.main.innerHTML = trusted(errors);
    const note = document.createElement("p");
    note.textContent = "What you see behind is the last good build. This goes away when the errors are mended.";
    overlay.main.append(note);
    if (!overlay.dialog.open) overlay.dialog.showModal();
  }

  function hide() {
    if (!overlay) return;
    overlay.dialog.close();
    overlay.host.remove();
    overlay = null;
  }

  // ---- Listening. A hidden tab lets go: a browser keeps six connections to a host, and a seventh tab would never load.
  function stop() {
    if (source) source.close();
    source = null;
  }

  function listen() {
    stop();
    if (document.hidden) return;
    const query = new URLSearchParams({ path: location.pathname, version });
    source = new EventSource("/__rivage/events?" + query);
    source.onmessage = (event) => {
      const { page, files, errors } = JSON.parse(event.data);
      if (errors === null) hide();
      else show(errors);
      // One thing after the other; what fails (the server was stopped) is tried again by the next event.
      work = work.then(() => (page ? refresh() : null)).then(() => replace(files)).catch(() => {});
    };
  }

  // The page as served, before scripts change it, is what later ones are compared with.
  fetch(location.href, { cache: "force-cache", headers: { accept: "text/html" } })
    .then((response) => response.text())
    .then((text) => {
      const page = new DOMParser().parseFromString(trusted(text), "text/html");
      const served = page.querySelector("script[data-version]");
      if (served && served.dataset.version === version) shown = bare(page);
    })
    .catch(() => {})
    .finally(listen);

  document.addEventListener("visibilitychange", () => (document.hidden ? stop() : listen()));
  addEventListener("pagehide", stop);
  addEventListener("pageshow", (event) => {
    if (event.persisted) listen();
  });
})();
