// Searches rivage's static index; its format stands in src/render/outputs/search/mod.rs of rivage.
const files = {};
const load = (url) =>
  (files[url] ??= fetch(url)
    .then((r) => (r.ok ? r.json() : Promise.reject(Error(`${url}: ${r.status}`))))
    .catch((e) => {
      delete files[url];
      throw e;
    }));

// Scripts without spaces are searched by pairs of characters.
const D = "[\\u0e00-\\u0eff\\u1000-\\u109f\\u1780-\\u17ff\\u3040-\\u30ff\\u3400-\\u9fff\\u{20000}-\\u{3ffff}]";
const W = "[\\p{Alphabetic}\\p{N}\\p{M}]";
const re = (many) => RegExp(`(?:(?=${D})${W})${many}|(?:(?!${D})${W})+`, "gu");
const dense = RegExp(D, "u");
const fold = (s) => s.toLowerCase().normalize("NFKD").replace(/[\u0300-\u036f]/g, "");
const words = (s) =>
  (fold(s).match(re("+")) || []).flatMap((w) => {
    const c = [...w];
    return dense.test(w) && c[1] ? c.slice(1).map((b, i) => c[i] + b) : w;
  });

// One letter more, less or other, or two changed about.
const near = (a, b) => {
  let i = 0, x = a.length, y = b.length;
  if (x < 4 || x - y > 1 || y - x > 1) return;
  while (i < x && a[i] == b[i]) i++;
  while (x > i && y > i && a[x - 1] == b[y - 1]) x--, y--;
  x -= i;
  y -= i;
  return (x < 2 && y < 2) || (x == 2 && y == 2 && a[i] == b[i + 1] && a[i + 1] == b[i]);
};
// A term is the word, starts with it, is its stem, or a slip.
const fit = (w, t) =>
  t == w ? 1
  : t.startsWith(w) ? 0.3 + (0.4 * w.length) / t.length
  : t.length > 3 && w.length - t.length < 4 && w.startsWith(t) ? 0.3
  : near(w, t) ? 0.2 : 0;

const place = (pairs, key) => {
  let i = pairs.length - 2;
  while (i > 0 && pairs[i] > key) i -= 2;
  return i;
};

async function lookUp(file, terms, w) {
  const at = place(terms, w), wanted = [];
  const to = Math.min(at + 4, place(terms, w + "\uffff"));
  let i = Math.max(at - 2, place(terms, w.slice(0, Math.max(2, w.length - 3))));
  for (; i <= to; i += 2) wanted.push(file(terms[i + 1]));
  let found = (await Promise.all(wanted)).flatMap((shard) =>
    Object.entries(shard).map(([t, list]) => [fit(w, t), list]).filter(([f]) => f));
  // Slips only where nothing else fits.
  if (found.some(([f]) => f > 0.2)) found = found.filter(([f]) => f > 0.2);
  const best = new Map();
  for (const [f, list] of found)
    for (let i = 0, page = 0; i < list.length; ) {
      page += list[i++];
      const score = f * (list[i] >> 6), section = list[i++] & 63;
      if (!(best.get(page)?.[0] >= score)) best.set(page, [score, section]);
    }
  return best;
}

const esc = (s) => s.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt()};`);

function excerpt(s, asked) {
  const hits = [...s.matchAll(re(""))].filter(([p]) => {
    p = fold(p);
    return asked.some((w) => (dense.test(p) ? w.includes(p) : fit(w, p)));
  });
  const first = hits[0]?.index;
  const start = first > 80 ? s.lastIndexOf(" ", first - 40) + 1 : 0;
  let out = start ? "…" : "", at = start;
  for (const { 0: p, index } of hits)
    if (index + p.length < start + 200) {
      out += `${esc(s.slice(at, index))}<mark>${esc(p)}</mark>`;
      at = index + p.length;
    }
  const end = s.length > start + 220 ? Math.max(at, s.lastIndexOf(" ", start + 200)) : s.length;
  return out + esc(s.slice(at, end)) + (s[end] ? "…" : "");
}

/** `baseUrl` is the site's base path, such as `/docs`, or "". Rejects where the index cannot be loaded. */
export async function search(baseUrl, language, query, limit = 10) {
  const base = baseUrl.replace(/\/*$/, "/search/");
  const { terms, pages } = await load(`${base}index.${language}.json`);
  const file = (hash) => load(`${base}data/${language}-${hash}.json`);
  const asked = [...new Set(words(query))].slice(0, 16), sums = new Map();
  if (!terms[0]) return [];
  for (const best of await Promise.all(asked.map((w) => lookUp(file, terms, w))))
    for (const [page, [score, section]] of best) {
      const sum = sums.get(page) || [page, 0, 0, {}];
      sum[1] += score;
      sum[2]++;
      sum[3][section] = (sum[3][section] || 0) + score;
      sums.set(page, sum);
    }
  // Pages with all words go first.
  const rank = (sum) => sum[1] * (sum[2] / asked.length) ** 3;
  const top = [...sums.values()].sort((a, b) => rank(b) - rank(a) || a[0] - b[0]).slice(0, limit);
  return Promise.all(top.map(async ([page, , , by]) => {
    const i = place(pages, page);
    const [url, title, breadcrumb, parts] = (await file(pages[i + 1]))[page - pages[i]];
    const at = 3 * Object.keys(by).sort((a, b) => by[b] - by[a] || a - b)[0];
    const text = parts[at + 2] || parts.find((s, n) => n % 3 == 2 && s) || "";
    const anchor = parts[at] && "#" + encodeURIComponent(parts[at]);
    return { url: url + anchor, title, breadcrumb, section: parts[at + 1], excerpt_html: excerpt(text, asked) };
  }));
}
