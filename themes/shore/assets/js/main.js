// What pages do beyond HTML. Search and sending forms come with their first use.
const root = document.documentElement;
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const on = (target, name, act) => target.addEventListener(name, act);
const store = {
  get(key) {
    try { return localStorage.getItem(key); } catch { return null; }
  },
  set(key, value) {
    try { value ? localStorage.setItem(key, value) : localStorage.removeItem(key); } catch { /* forbidden: the choice lasts for the page */ }
  },
};

// As the system, light, dark, and round again.
function colours() {
  const button = document.querySelector(".theme-button");
  if (!button) return;
  const order = ["auto", "light", "dark"];
  const metas = all('meta[name="theme-color"]');
  const original = metas.map((meta) => meta.content);
  const show = (scheme) => {
    if (scheme === "auto") delete root.dataset.theme;
    else root.dataset.theme = scheme;
    button.setAttribute("aria-label", button.dataset[scheme]);
    button.title = button.dataset[scheme];
    metas.forEach((meta, n) => { meta.content = original[scheme === "auto" ? n : order.indexOf(scheme) - 1] ?? original[n]; });
  };
  let scheme = root.dataset.theme ?? "auto";
  show(scheme);
  on(button, "click", () => {
    scheme = order[(order.indexOf(scheme) + 1) % order.length];
    store.set("shore-theme", scheme === "auto" ? "" : scheme);
    show(scheme);
  });
}

// Buttons that open and close what `aria-controls` names.
function disclosures() {
  for (const button of all(".menu-button, .sidebar-button")) {
    const target = document.getElementById(button.getAttribute("aria-controls"));
    if (!target) continue;
    const set = (open) => {
      button.setAttribute("aria-expanded", String(open));
      target.classList.toggle("open", open);
    };
    const isOpen = () => button.getAttribute("aria-expanded") === "true";
    on(button, "click", () => set(!isOpen()));
    on(document, "keydown", (event) => {
      if (event.key !== "Escape" || !isOpen()) return;
      set(false);
      button.focus();
    });
    on(document, "click", (event) => {
      if (isOpen() && !button.contains(event.target) && !target.contains(event.target)) set(false);
    });
  }
  const drops = all("details.drop");
  on(document, "click", (event) => {
    for (const drop of drops) if (!drop.contains(event.target)) drop.open = false;
  });
  on(document, "keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const drop of drops) {
      if (!drop.open) continue;
      drop.open = false;
      drop.querySelector("summary").focus();
    }
  });
  document.querySelector('.docs-sidebar [aria-current="page"]')?.scrollIntoView?.({ block: "nearest" });
}

// Tabs after the ARIA Authoring Practices, with automatic activation.
function tabs() {
  const groups = all(".tabs[data-tabs]").map((group) => {
    const list = all(":scope > .tab-list > .tab", group);
    const panels = all(":scope > .tab-panel", group);
    const select = (chosen, focus) => {
      list.forEach((tab, n) => {
        const is = n === chosen;
        tab.setAttribute("aria-selected", String(is));
        tab.tabIndex = is ? 0 : -1;
        panels[n]?.classList.toggle("active", is);
        if (is && focus) tab.focus();
      });
    };
    return { group, list, panels, select, key: group.dataset.tabs };
  });
  const byName = ({ list }, name) => list.findIndex((tab) => tab.textContent.trim() === name);
  for (const tabs of groups) {
    const choose = (n, focus) => {
      const before = tabs.group.getBoundingClientRect().top;
      tabs.select(n, focus);
      if (!tabs.key) return;
      const name = tabs.list[n].textContent.trim();
      store.set(`shore-tabs:${tabs.key}`, name);
      for (const other of groups) {
        const same = other !== tabs && other.key === tabs.key ? byName(other, name) : -1;
        if (same >= 0) other.select(same);
      }
      // Panels above may have changed height: what was clicked stays where it is.
      scrollBy({ top: tabs.group.getBoundingClientRect().top - before, behavior: "instant" });
    };
    tabs.list.forEach((tab, n) => {
      on(tab, "click", () => choose(n));
      on(tab, "keydown", (event) => {
        const step = getComputedStyle(tab).direction === "rtl" ? -1 : 1;
        const last = tabs.list.length - 1;
        const to = { ArrowRight: n + step, ArrowLeft: n - step, Home: 0, End: last }[event.key];
        if (to === undefined) return;
        event.preventDefault();
        choose(to < 0 ? last : to > last ? 0 : to, true);
      });
    });
    const stored = tabs.key ? byName(tabs, store.get(`shore-tabs:${tabs.key}`)) : -1;
    if (stored > 0) tabs.select(stored);
  }
  // A link to something in a hidden panel, or in closed details, shows it.
  const reveal = () => {
    const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    for (const tabs of groups) {
      const n = tabs.panels.findIndex((panel) => panel.contains(target));
      if (n >= 0) tabs.select(n);
    }
    for (let node = target; node; node = node.parentElement) if (node.localName === "details") node.open = true;
    target.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  if (location.hash && document.querySelector(".tab-panel, details")) reveal();
}

// Of code, of commands, and of a page as Markdown.
function copying() {
  const done = (button) => {
    button.classList.add("copied");
    const label = button.getAttribute("aria-label");
    button.setAttribute("aria-label", button.dataset.copied ?? document.body.dataset.copied);
    setTimeout(() => {
      button.classList.remove("copied");
      button.setAttribute("aria-label", label);
    }, 1600);
  };
  const text = (figure) =>
    all(".l:not(.del, .out)", figure).map((line) => {
      const copy = line.cloneNode(true);
      for (const prompt of all(".prompt", copy)) prompt.remove();
      return copy.textContent.replace(/\n$/, "");
    }).join("\n");
  on(document, "click", async (event) => {
    const button = event.target.closest?.("button.copy");
    if (!button) return;
    try {
      await navigator.clipboard.writeText(button.dataset.copy ?? text(button.closest("figure.code")));
      done(button);
    } catch { /* no permission: nothing was copied, nothing is claimed */ }
  });
  for (const link of all("[data-copy-from]")) {
    if (!navigator.clipboard) continue;
    const label = link.querySelector("span");
    label.textContent = link.dataset.copyLabel;
    on(link, "click", async (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      try {
        const answer = await fetch(link.dataset.copyFrom);
        if (!answer.ok) throw answer;
        await navigator.clipboard.writeText(await answer.text());
        label.textContent = document.body.dataset.copied;
        setTimeout(() => { label.textContent = link.dataset.copyLabel; }, 1600);
      } catch { location.href = link.href; }
    });
  }
}

// The table of contents marks the section that is being read.
function spy() {
  const toc = document.querySelector("[data-spy]");
  if (!toc) return;
  const links = new Map(all("a[href^='#']", toc).map((link) => [decodeURIComponent(link.hash.slice(1)), link]));
  const headings = [...links.keys()].map((id) => document.getElementById(id)).filter(Boolean);
  let current;
  const mark = () => {
    const line = innerHeight * 0.25;
    const end = scrollY + innerHeight >= document.documentElement.scrollHeight - 4;
    const passed = headings.filter((heading) => heading.getBoundingClientRect().top <= line);
    const heading = (end && scrollY > 0 ? headings.at(-1) : passed.at(-1)) ?? headings[0];
    const link = heading && links.get(heading.id);
    if (link === current) return;
    current?.removeAttribute("aria-current");
    link?.setAttribute("aria-current", "location");
    current = link;
  };
  let waiting = false;
  addEventListener("scroll", () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; mark(); });
  }, { passive: true });
  mark();
}

// Search: Ctrl K, ⌘ K or /
function searching() {
  const dialog = document.getElementById("search");
  if (!dialog?.showModal) return;
  const apple = /Mac|iPhone|iPad/.test(navigator.platform);
  for (const keys of all(".search-keys")) keys.textContent = apple ? "⌘ K" : "Ctrl K";
  let module;
  const open = () => {
    if (dialog.open) return;
    dialog.showModal();
    module ??= import(dialog.dataset.module).then((search) => search.attach(dialog, root.lang));
    module.catch(() => {
      module = undefined;
      dialog.querySelector(".search-status").textContent = dialog.dataset.failed;
    });
  };
  for (const button of all("[data-search]")) on(button, "click", open);
  on(dialog, "click", (event) => { if (event.target === dialog) dialog.close(); });
  on(document, "keydown", (event) => {
    const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
    const wanted = (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey)) ||
      (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey);
    if (!wanted) return;
    event.preventDefault();
    open();
  });
}

// Forms of the API; without their script, browsers send them.
on(document, "submit", (event) => {
  const form = event.target;
  if (!("send" in form.dataset)) return;
  event.preventDefault();
  import("./form.js").then(({ send }) => send(form), () => form.submit());
});

for (const start of [colours, disclosures, tabs, copying, spy, searching]) start();
