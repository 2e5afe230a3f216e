import rss from "@astrojs/rss";
import { feed, posts } from "../../posts";

export async function GET(context) {
  return rss({ title: "Blog", description: "A site to measure with.", site: context.site, items: feed(await posts()) });
}
