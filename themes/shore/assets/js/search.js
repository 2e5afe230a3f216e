// The search dialog: a combobox with a list of results. Loaded when search is first opened.
// In: the dialog of partials/search.html. The index is read by search-index.js; where the site has an API for it, that is asked first.

/** Gives life to the dialog. */
export async function attach(dialog, language) {
  const input = dialog.querySelector(".search-input");
  const list = dialog.querySelector(".search-results");
  const status = dialog.querySelector(".search-status");
  const find = await finder(dialog, language);
  let chosen = -1;
  let asked = 0;

  const options = () => [...list.children];
  const choose = (n) => {
    const found = options();
    chosen = found.length ? (n + found.length) % found.length : -1;
    found.forEach((option, place) => option.setAttribute("aria-selected", String(place === chosen)));
    if (chosen < 0) input.removeAttribute("aria-activedescendant");
    else {
      input.setAttribute("aria-activedescendant", found[chosen].id);
      found[chosen].scrollIntoView({ block: "nearest" });
    }
  };
  const show = (results, query) => {
    list.replaceChildren(...results.map(option));
    input.setAttribute("aria-expanded", String(results.length > 0));
    choose(results.length ? 0 : -1);
    const { one, many, none } = dialog.dataset;
    status.textContent = !query ? status.dataset.hint
      : results.length === 0 ? none.replace("{query}", query)
      : results.length === 1 ? one : many.replace("{n}", results.length);
  };
  const run = async () => {
    const query = input.value.trim();
    const turn = ++asked;
    if (!query) return show([], "");
    try {
      const results = await find(query, 12);
      if (turn === asked) show(results, query);
    } catch {
      if (turn !== asked) return;
      show([], "");
      status.textContent = dialog.dataset.failed;
    }
  };
  let timer;
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(run, 90);
  });
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown") choose(chosen + 1);
    else if (event.key === "ArrowUp") choose(chosen - 1);
    else if (event.key === "Escape") dialog.close();
    else if (event.key === "Enter") options()[chosen]?.click();
    else return;
    event.preventDefault();
  });
  list.addEventListener("click", (event) => {
    // A link to the page that is open only moves: the dialog must not stay over it.
    if (event.target.closest("a") && !event.ctrlKey && !event.metaKey) dialog.close();
  });
  list.addEventListener("pointermove", (event) => {
    const place = options().indexOf(event.target.closest("a"));
    if (place >= 0 && place !== chosen) choose(place);
  });
  input.focus();
  if (input.value) run();
}

/** Returns what searches: the API while it answers and finds something, else the index. */
async function finder({ dataset }, language) {
  const { search } = await import(dataset.index);
  const inIndex = (query, limit) => search(dataset.base, language, query, limit);
  let api = dataset.api && (await import(dataset.apiModule).catch(() => null));
  return async (query, limit) => {
    if (!api) return inIndex(query, limit);
    try {
      const found = await api.search(dataset.api, language, query, limit);
      if (found.length) return found;
    } catch {
      // Not asked again on this page: every letter would wait for it.
      api = null;
    }
    return inIndex(query, limit);
  };
}

function option(result, n) {
  const link = document.createElement("a");
  link.id = `search-option-${n}`;
  link.setAttribute("role", "option");
  link.href = result.url;
  link.tabIndex = -1;
  if (result.breadcrumb) link.append(part("search-path", result.breadcrumb));
  const title = part("search-title", result.title);
  if (result.section && result.section !== result.title) title.append(part("search-section", result.section));
  link.append(title);
  if (result.excerpt_html) link.append(excerpt(result.excerpt_html));
  return link;
}

function part(name, text) {
  const span = document.createElement("span");
  span.className = name;
  span.textContent = text;
  return span;
}

/** Keeps only text and `<mark>` of an excerpt, whatever the index holds. */
function excerpt(html) {
  const span = part("search-excerpt", "");
  const parsed = new DOMParser().parseFromString(html, "text/html");
  for (const node of parsed.body.childNodes) {
    if (node.nodeName === "MARK") {
      const mark = document.createElement("mark");
      mark.textContent = node.textContent;
      span.append(mark);
    } else span.append(node.textContent);
  }
  return span;
}
