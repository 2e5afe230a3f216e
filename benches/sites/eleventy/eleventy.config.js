// Lists, tags and neighbours are computed once for the whole site: Eleventy's own filter for neighbours looks through all posts for each post.
import anchor from "markdown-it-anchor";
import highlight from "@11ty/eleventy-plugin-syntaxhighlight";

const PER_PART = 10;
const IN_FEED = 20;
const BASE = "https://example.org";

function parts(items, url, title) {
  const count = Math.ceil(items.length / PER_PART);
  const place = (index) => (index === 1 ? url : `${url}page/${index}/`);
  return Array.from({ length: count }, (_, at) => ({
    title,
    url: place(at + 1),
    feed: `${url}rss.xml`,
    index: at + 1,
    count,
    newer: at > 0 ? place(at) : "",
    older: at + 1 < count ? place(at + 2) : "",
    posts: items.slice(at * PER_PART, (at + 1) * PER_PART),
  }));
}

export default function (config) {
  config.addPassthroughCopy({ static: "/" });
  config.amendLibrary("md", (markdown) => markdown.use(anchor));
  if (@HIGHLIGHT@) config.addPlugin(highlight);

  const posts = (api) => api.getFilteredByGlob("content/blog/*.md").sort((a, b) => b.date - a.date);
  const byTag = (api) => {
    const tags = new Map();
    for (const post of posts(api)) {
      for (const tag of post.data.tags ?? []) {
        if (!tags.has(tag)) tags.set(tag, []);
        tags.get(tag).push(post);
      }
    }
    return [...tags].sort(([a], [b]) => (a < b ? -1 : 1));
  };
  let neighbours = new Map();
  config.addCollection("posts", (api) => {
    const all = posts(api);
    neighbours = new Map(all.map((post, at) => [post.url, { previous: all[at + 1], next: all[at - 1] }]));
    return all;
  });
  config.addCollection("lists", (api) => [
    ...parts(posts(api), "/blog/", "Blog"),
    ...byTag(api).flatMap(([tag, items]) => parts(items, `/tags/${tag}/`, tag)),
  ]);
  config.addCollection("terms", (api) => byTag(api).map(([name, items]) => ({ name, count: items.length })));
  config.addCollection("feeds", (api) => [
    { title: "Blog", url: "/blog/", posts: posts(api).slice(0, IN_FEED) },
    ...byTag(api).map(([tag, items]) => ({ title: tag, url: `/tags/${tag}/`, posts: items.slice(0, IN_FEED) })),
  ]);

  config.addFilter("neighbours", (url) => neighbours.get(url) ?? {});
  config.addFilter("day", (date) => date.toISOString().slice(0, 10));
  config.addFilter("longDate", (date) =>
    date.toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" }));
  config.addFilter("httpDate", (date) => date.toUTCString());
  config.addFilter("absolute", (url) => BASE + url);
  config.addFilter("headings", (html) =>
    [...html.matchAll(/<h2 id="([^"]*)"[^>]*>(.*?)<\/h2>/gs)].map(([, id, title]) => ({ id, title })));

  return {
    dir: { input: "content", includes: "../_includes", output: "_site" },
    // Posts are plain Markdown; without this each would be a template as well.
    markdownTemplateEngine: false,
  };
}
