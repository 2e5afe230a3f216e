// Run by the tests of src/render/outputs/search: `node --test`, the client and an index beside this file.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { search } from "./search-index.mjs";

const loaded = [];
globalThis.fetch = async (url) => {
  loaded.push(url);
  try {
    const text = await readFile(new URL("." + url, import.meta.url), "utf8");
    return { ok: true, json: async () => JSON.parse(text) };
  } catch {
    return { ok: false, status: 404 };
  }
};
const find = (query, limit) => search("", "en", query, limit);
const urls = async (query, limit) => (await find(query, limit)).map(({ url }) => url);

test("a title goes before a heading, a heading before text", async () => {
  assert.deepEqual((await urls("anchor")).slice(0, 3), ["/docs/anchor/", "/docs/harbour/#the-anchor", "/docs/rope/"]);
});

test("a result tells where and what", async () => {
  const [, harbour] = await find("anchor");
  assert.deepEqual(harbour, {
    url: "/docs/harbour/#the-anchor",
    title: "Harbour",
    breadcrumb: "Docs › Places",
    section: "The anchor",
    excerpt_html: "Let it go &#38; &#60;b&#62;wait&#60;/b&#62; for the <mark>anchor</mark> to hold.",
  });
});

test("starts, stems, slips and accents are found", async () => {
  assert.deepEqual((await urls("anch"))[0], "/docs/anchor/");
  assert.deepEqual((await urls("anchors"))[0], "/docs/anchor/");
  for (const slip of ["ancor", "anhcor", "anchxr", "anchior"]) assert.deepEqual((await urls(slip))[0], "/docs/anchor/", slip);
  assert.deepEqual(await urls("CRÈME"), ["/docs/creme/"]);
  assert.deepEqual(await urls("creme brulee"), ["/docs/creme/"]);
  assert.match((await find("creme"))[0].excerpt_html, /^<mark>Crème<\/mark> brûlée/);
});

test("scripts without spaces are found by any two characters", async () => {
  assert.deepEqual(await urls("索引"), ["/docs/zh/"]);
  assert.match((await find("索引"))[0].excerpt_html, /<mark>索<\/mark><mark>引<\/mark>/);
});

test("pages with all words go before pages with one", async () => {
  assert.equal((await urls("rope harbour"))[0], "/docs/both/");
});

test("nothing is found where nothing is", async () => {
  for (const query of ["", "  ", "!?", "qqqqqq", "__proto__", "constructor qq ".repeat(50)]) assert.deepEqual(await urls(query), [], query);
});

test("words that objects have of their own are words", async () => {
  assert.deepEqual(await urls("hasownproperty"), ["/docs/words/"]);
});

test("markup in a page or query stays text", async () => {
  const [found] = await find("<img src=x> onerror");
  assert.equal(found.url, "/docs/xss/");
  assert.equal(found.excerpt_html, "&#60;<mark>img</mark> <mark>src</mark>=<mark>x</mark> <mark>onerror</mark>=&#34;alert(1)&#34;&#62;");
});

test("the limit holds, and a query loads few files", async () => {
  loaded.length = 0;
  assert.equal((await find("page", 5)).length, 5);
  assert.equal((await find("common", 20)).length, 20);
  const [deep] = await find("unique777");
  assert.equal(deep.url, "/many/777/");
  assert.ok(loaded.length < 45, String(loaded.length));
});

test("a language without pages has an empty index, one that is not there rejects", async () => {
  assert.deepEqual(await search("/", "fr", "anchor", 5), []);
  await assert.rejects(search("/", "xx", "anchor", 5));
});
