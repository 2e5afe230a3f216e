// Searches by the site's API. Loaded with the search dialog where the theme's setting `search_api` says so.
// What found words stand between in an answer's snippet.
const [OPEN, CLOSE] = ["\u2e28", "\u2e29"];
// After this a reader is better served by the index that lies beside the pages.
const PATIENCE = 1500;

const escaped = (text) => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt()};`);

/** Answers what search-index.js does. Rejects where the API does not answer. */
export async function search(address, language, query, limit = 10) {
  const words = new URLSearchParams({ q: query.slice(0, 200), lang: language, limit });
  const answer = await fetch(`${address}?${words}`, { signal: AbortSignal.timeout(PATIENCE) });
  const isJson = answer.headers.get("content-type")?.startsWith("application/json");
  if (!answer.ok || !isJson) throw Error(`${address}: ${answer.status}`);
  const { items } = await answer.json();
  return items.map((item) => ({
    url: item.path + (item.anchor ? `#${encodeURIComponent(item.anchor)}` : ""),
    title: item.title,
    breadcrumb: item.breadcrumb ?? "",
    section: item.section ?? "",
    excerpt_html: escaped(item.snippet ?? "").replaceAll(OPEN, "<mark>").replaceAll(CLOSE, "</mark>"),
  }));
}
