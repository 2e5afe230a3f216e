// The pages of the default theme, for everyone: axe-core finds nothing, in light and dark, wide and narrow.

import assert from "node:assert/strict";
import { test } from "node:test";
import { violations, withBrowser, withSite } from "./support.mjs";

const PAGES = { home: "", pricing: "pricing/", list: "blog/", post: "blog/components/", doc: "docs/guides/first-guide/", missing: "nowhere/" };

const SCREENS = [
  { colorScheme: "light", viewport: { width: 1280, height: 800 } },
  { colorScheme: "dark", viewport: { width: 1280, height: 800 } },
  { colorScheme: "light", viewport: { width: 375, height: 700 } },
];

for (const screen of SCREENS) {
  test(`axe finds nothing: ${screen.colorScheme}, ${screen.viewport.width} px`, () =>
    withSite("full", ({ url }) =>
      withBrowser(async (page, complaints) => {
        for (const [name, path] of Object.entries(PAGES)) {
          await page.goto(url + path);
          assert.deepEqual(await violations(page), [], name);
          const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
          assert(overflow <= 0, `${name} is ${overflow} px wider than the screen`);
        }
        // Chromium tells of every 404, and one page is.
        complaints.splice(0, complaints.length, ...complaints.filter((text) => !text.includes("404")));
      }, screen),
    ));
}
