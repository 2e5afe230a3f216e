// What every test in the browser needs: a site in a folder of its own, `rivage preview` on it, and Chromium.
//
// RIVAGE and CHROMIUM name the two programs; `cargo xtask browser` sets them.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const rivage = process.env.RIVAGE;
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** Makes a site of a template, previews it, and hands both to the test. All is gone afterwards. */
export async function withSite(template, test) {
  assert(rivage, "RIVAGE names no program: run `cargo xtask browser`");
  const folder = mkdtempSync(join(tmpdir(), "rivage-"));
  const made = spawnSync(rivage, ["init", folder, "--template", template, "--title", "Test site"], { encoding: "utf8" });
  assert.equal(made.status, 0, made.stderr);
  const site = {
    folder,
    read: (path) => readFileSync(join(folder, path), "utf8"),
    write: (path, text) => writeFileSync(join(folder, path), text),
    edit: (path, from, to) => {
      const text = site.read(path);
      assert(text.includes(from), `${path} does not hold ${from}`);
      site.write(path, text.replace(from, () => to));
    },
  };
  const server = await preview(folder);
  try {
    await test({ ...site, url: server.url });
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs `rivage preview` and waits for the address that it prints. */
export async function preview(folder) {
  const server = spawn(rivage, ["preview", "--root", folder, "--port", "0"], { stdio: ["ignore", "pipe", "pipe"] });
  let errors = "";
  server.stderr.setEncoding("utf8").on("data", (text) => (errors += text));
  const url = await new Promise((done, fail) => {
    let output = "";
    server.stdout.setEncoding("utf8").on("data", (text) => {
      output += text;
      if (output.includes("\n")) done(output.split("\n")[0]);
    });
    server.on("exit", (code) => fail(new Error(`rivage preview ended with ${code}\n${errors}`)));
  });
  const gone = new Promise((done) => server.on("exit", done));
  return {
    url,
    errors: () => errors,
    stop: async () => {
      server.kill("SIGINT");
      await gone;
    },
  };
}

/** Opens Chromium with a profile of its own, and fails the test on any error in its console. */
export async function withBrowser(test, options = {}) {
  const profile = mkdtempSync(join(tmpdir(), "rivage-chromium-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    headless: true,
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
    ...options,
  });
  const page = context.pages()[0] ?? (await context.newPage());
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  try {
    await test(page, complaints);
    assert.deepEqual(complaints, []);
  } finally {
    await context.close();
    rmSync(profile, { recursive: true, force: true });
  }
}

/** Marks the document, so that a test can tell whether it was loaded again. */
export const mark = (page) => page.evaluate(() => (globalThis.marked = true));

/** Whether the document is still the one that was marked. */
export const isMarked = (page) => page.evaluate(() => globalThis.marked === true);

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Returns what axe-core finds on the page, in words. */
export async function violations(page) {
  // Evaluated by the debugger, which no policy of the site forbids.
  await page.evaluate(axe);
  const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  return found.violations.map(({ id, help, nodes }) => `${id}: ${help} (${nodes.map((node) => node.target.join(" ")).join(", ")})`);
}
