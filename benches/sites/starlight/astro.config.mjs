import starlight from "@astrojs/starlight";
import { defineConfig } from "astro/config";

export default defineConfig({
  site: "https://example.org",
  cacheDir: "./.cache",
  compressHTML: false,
  integrations: [
    starlight({
      title: "Bench",
      description: "A site to measure with.",
      pagefind: false,
      components: { Footer: "./src/components/Footer.astro" },
      sidebar: [{ label: "Docs", items: [{ autogenerate: { directory: "docs" } }] }],
    }),
  ],
});
