import rss from "@astrojs/rss";
import { feed, tags } from "../../../posts";

export async function getStaticPaths() {
  return (await tags()).map(([tag, items]) => ({ params: { tag }, props: { items } }));
}

export async function GET({ site, params, props }) {
  return rss({ title: params.tag, description: "A site to measure with.", site, items: feed(props.items) });
}
