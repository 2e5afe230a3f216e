// Sorted and grouped once for the whole site: routes ask for it again for each of their pages.
import { getCollection, type CollectionEntry } from "astro:content";

export type Post = CollectionEntry<"blog">;

const byDate = async () => (await getCollection("blog")).sort((a, b) => +b.data.date - +a.data.date);
const grouped = async () => {
  const tags = new Map<string, Post[]>();
  for (const post of await posts()) {
    for (const tag of post.data.tags) {
      if (!tags.has(tag)) tags.set(tag, []);
      tags.get(tag)!.push(post);
    }
  }
  return [...tags].sort(([a], [b]) => (a < b ? -1 : 1));
};

let sorted: Promise<Post[]> | undefined;
let terms: Promise<[string, Post[]][]> | undefined;
export const posts = () => (sorted ??= byDate());
export const tags = () => (terms ??= grouped());

export const day = (date: Date) => date.toISOString().slice(0, 10);
export const longDate = (date: Date) =>
  date.toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });

export const feed = (items: Post[]) =>
  items.slice(0, 20).map(({ id, data }) => ({
    title: data.title,
    description: data.description,
    pubDate: data.date,
    link: `/blog/${id}/`,
  }));
