// Live reload: what changes on the disk changes on the screen, and nothing more than needs to.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { isMarked, mark, withBrowser, withSite } from "./support.mjs";

/** Waits until the page listens; before that a change would be told by a reload. */
const listening = (page) =>
  page.waitForFunction(() => performance.getEntriesByType("resource").some(({ name }) => name.includes("/__rivage/client.js")));

test("an edited page is shown at the same scroll position", () =>
  withSite("docs", ({ url, edit }) =>
    withBrowser(async (page) => {
      await page.setViewportSize({ width: 800, height: 400 });
      await page.goto(url + "docs/guides/first-guide/");
      await listening(page);
      await page.evaluate(() => scrollTo(0, 300));
      edit("content/docs/guides/first-guide.mdx", "Mind the gap", "Mind the tide");
      await page.getByText("Mind the tide").first().waitFor();
      await page.waitForFunction(() => scrollY === 300);
    }),
  ));

test("a page that did not change is left alone", () =>
  withSite("blog", ({ url, edit }) =>
    withBrowser(async (page) => {
      const other = await page.context().newPage();
      await page.goto(url + "blog/components/");
      await mark(page);
      await other.goto(url + "blog/hello/");
      edit("content/blog/hello.mdx", "Show code", "Show some code");
      await other.bringToFront();
      await other.getByText("Show some code").first().waitFor();
      await page.bringToFront();
      await page.waitForTimeout(300);
      assert(await isMarked(page), "it was loaded again");
    }),
  ));

test("styles are swapped without loading the page again", () =>
  withSite("blog", ({ url, folder, write }) =>
    withBrowser(async (page) => {
      mkdirSync(join(folder, "assets/css"), { recursive: true });
      await page.goto(url);
      const sheets = await page.$$eval("link[rel=stylesheet]", (links) => links.map((link) => new URL(link.href).pathname));
      assert(sheets.length > 0);
      const name = sheets[0].match(/\/assets\/(.+?)\.[0-9a-f]{6,}\.css$/)?.[1];
      assert(name, `no name in ${sheets[0]}`);
      await mark(page);
      await listening(page);
      // A file of the site lies over the theme's of the same name.
      write(`assets/${name}.css`, "body { background: rgb(1, 2, 3) }");
      await page.waitForFunction(() => getComputedStyle(document.body).backgroundColor === "rgb(1, 2, 3)");
      assert(await isMarked(page), "it was loaded again");
      write(`assets/${name}.css`, "body { background: rgb(4, 5, 6) }");
      await page.waitForFunction(() => getComputedStyle(document.body).backgroundColor === "rgb(4, 5, 6)");
      assert(await isMarked(page), "it was loaded again");
    }),
  ));

test("errors are shown over the last good page and go when they are mended", () =>
  withSite("blog", ({ url, edit }) =>
    withBrowser(async (page) => {
      await page.goto(url + "blog/hello/");
      await mark(page);
      await listening(page);
      edit("content/blog/hello.mdx", "<Callout kind", "<Calout kind");
      const dialog = page.getByRole("dialog", { name: "The site has errors" });
      await dialog.waitFor();
      assert.match(await dialog.innerText(), /Calout/);
      assert.match(await dialog.innerText(), /content\/blog\/hello\.mdx:/);
      await page.keyboard.press("Escape");
      await dialog.waitFor({ state: "hidden" });
      // Other errors are news.
      edit("content/blog/hello.mdx", "<Calout kind", "<Callout knd");
      await dialog.waitFor();
      edit("content/blog/hello.mdx", "<Callout knd", "<Callout kind");
      await dialog.waitFor({ state: "detached" });
      assert(await isMarked(page), "the page was good all the time");
    }),
  ));

test("a draft is shown and marked", () =>
  withSite("blog", ({ url, edit }) =>
    withBrowser(async (page) => {
      edit("content/blog/hello.mdx", "tags: [news]", "tags: [news]\ndraft: true");
      await page.goto(url + "blog/hello/");
      await page.getByText(/draft/i).first().waitFor();
    }),
  ));

test("a missing page is 404 and shows the site's page", () =>
  withSite("blog", ({ url }) =>
    withBrowser(async (page, complaints) => {
      const answer = await page.goto(url + "nowhere/");
      assert.equal(answer.status(), 404);
      await page.getByRole("heading", { level: 1 }).waitFor();
      // Chromium tells of every 404.
      complaints.length = 0;
    }),
  ));
