// Exchanges the related pages of components/live.html for those that the API finds by meaning. Loaded by pages that have the component.
// Where there is no API, or its database has no vectors, the pages that were found by links stay.
async function refresh(nav) {
  const { api, path, limit } = nav.dataset;
  const answer = await fetch(`${api}?${new URLSearchParams({ path, limit })}`, { signal: AbortSignal.timeout(5000) });
  if (!answer.ok) return;
  const { items } = await answer.json();
  // By links it was built.
  if (items[0]?.by !== "meaning") return;
  nav.querySelector("ul").replaceChildren(...items.map((page) => {
    const item = document.createElement("li");
    item.append(Object.assign(document.createElement("a"), { href: page.path, textContent: page.title }));
    if (page.description) item.append(Object.assign(document.createElement("span"), { textContent: page.description }));
    return item;
  }));
  nav.dataset.state = "live";
}

for (const nav of document.querySelectorAll(".see-also[data-api]")) refresh(nav).catch(() => {});
