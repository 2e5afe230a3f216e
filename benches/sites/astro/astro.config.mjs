import sitemap from "@astrojs/sitemap";
import { defineConfig } from "astro/config";

export default defineConfig({
  site: "https://example.org",
  cacheDir: "./.cache",
  compressHTML: false,
  integrations: [sitemap()],
  markdown: { syntaxHighlight: @HIGHLIGHT@ ? "shiki" : false },
});
