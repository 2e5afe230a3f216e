//! Pages → rows: what `/api/v1/search`, `pages` and `graph/related` answer from.
//!
//! In: a [`Site`] with what all its routes tell. Out: rows of `page`, `chunk` and `link`, changed in one transaction: readers see the old
//! content or the new one, never a part. Only what differs is written. Deliberately not here: tables ([`super::migrations`]), pages that robots are
//! to leave alone, and drafts.

use std::collections::{BTreeMap, BTreeSet};

use rivage_postgres::{Client, Error, Param, ResultSet, Statement};
use serde_json::{Value, json};

use crate::inputs::Fingerprint;
use crate::render::facts::AllTold;
use crate::render::page::is_hidden_from_robots;
use crate::render::{OutLink, SearchPage, SearchSection};
use crate::resolve::{Page, Site, View};

/// Bytes of JSON that one statement brings.
const BATCH: usize = 4 << 20;

/// One publisher at a time.
const LOCK: &str = "select pg_advisory_xact_lock(7465737173)";
const KNOWN: &str = "select path, content_hash from page";

const DELETE: &str = "delete from page where path in (select jsonb_array_elements_text($1::jsonb))";

const UPSERT: &str = "\
insert into page (path, lang, kind, title, description, body, tags, meta, content_hash, build, published_at)
select path, lang, kind, title, description, body, array(select jsonb_array_elements_text(tags)), meta, content_hash, build, published_at
  from jsonb_to_recordset($1::jsonb) as new (path text, lang text, kind text, title text, description text, body text, tags jsonb,
       meta jsonb, content_hash text, build text, published_at timestamptz)
on conflict (path) do update set lang = excluded.lang, kind = excluded.kind, title = excluded.title, description = excluded.description,
  body = excluded.body, tags = excluded.tags, meta = excluded.meta, content_hash = excluded.content_hash, build = excluded.build,
  published_at = excluded.published_at, draft = false";

const CHUNKS_GONE: &str = "\
delete from chunk using page where page.id = chunk.page_id and page.path in (select new ->> 'path' from jsonb_array_elements($1::jsonb) as new)";

const CHUNKS: &str = "\
insert into chunk (page_id, ord, heading, anchor, text, content_hash, lang)
select page.id, part.ord, part.heading, part.anchor, part.text, part.content_hash, page.lang
  from jsonb_to_recordset($1::jsonb) as new (path text, chunks jsonb) join page on page.path = new.path
  cross join jsonb_to_recordset(new.chunks) as part (ord integer, heading text, anchor text, text text, content_hash text)";

/// All links, each as a pair of paths. Links of other kinds are not ours.
const LINKS: &str = "\
with wanted as (
  select src.id as src, dst.id as dst
    from jsonb_array_elements($1::jsonb) as pair
    join page src on src.path = pair ->> 0 join page dst on dst.path = pair ->> 1
), gone as (
  delete from link where kind = 'link' and not exists (select from wanted where wanted.src = link.src and wanted.dst = link.dst)
  returning 1
), come as (
  insert into link (src, dst, kind) select src, dst, 'link' from wanted on conflict do nothing returning 1
)
select (select count(*) from gone) + (select count(*) from come)";

/// What misspelt words are compared with.
const WORDS: &str = "select rivage_refresh_words()";

/// Kept answers with the tag `page` are stale, in the same transaction.
const PURGE: &str = "\
insert into cache_epoch (tag, epoch) values ('page', 1) on conflict (tag) do update set epoch = cache_epoch.epoch + 1";

/// A line of the history that the dashboard shows: where something changed, or nothing was ever published.
const HISTORY: &str = "\
insert into publication (build, pages, written, unchanged, removed, links, revision)
select new.build, new.pages, new.written, new.unchanged, new.removed, new.links, new.revision
  from jsonb_to_record($1::jsonb) as new (build text, pages bigint, written bigint, unchanged bigint, removed bigint, links bigint, revision text)
 where new.written + new.removed + new.links > 0 or not exists (select from publication)";

/// A page that will be published.
struct Entry {
    /// The place of its route.
    route: usize,
    /// The fingerprint of its row.
    hash: String,
}

/// What is to be published: which pages, and where their text is. Rows are made when they are written: most pages are as they were, and the text of a
/// large site is not held twice.
pub struct Content<'c> {
    site: &'c Site,
    told: &'c AllTold<'c>,
    pages: BTreeMap<String, Entry>,
    links: BTreeSet<(String, String)>,
    /// The fingerprint of all of it.
    pub build: String,
}

/// What was changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Pages that are new or differ.
    pub written: usize,
    /// Pages that are as they were.
    pub unchanged: usize,
    /// Pages that are gone.
    pub removed: usize,
    /// Links that came or went.
    pub links: usize,
}

/// Gathers what is to be published, of what all routes tell.
pub fn gather<'c>(site: &'c Site, told: &'c AllTold<'c>) -> Content<'c> {
    let base = &site.config.site.base_path;
    let mut pages = BTreeMap::new();
    let mut links = BTreeSet::new();
    for (place, route) in site.routes.iter().enumerate() {
        let View::Page(id) = route.view else { continue };
        let page = site.page(id);
        if page.is_draft || page.is_fallback || is_hidden_from_robots(page) {
            continue;
        }
        let path = format!("{base}{}", route.url);
        let of_page = told.links(place);
        let to_pages = of_page.iter().filter(|link| link.target.starts_with('/') && link.target != route.url);
        links.extend(to_pages.map(|link: &OutLink| (path.clone(), format!("{base}{}", link.target))));
        let row = row(&path, page, told.search(place).as_deref());
        let hash = Fingerprint::of(row.to_string().as_bytes()).hex();
        pages.insert(path, Entry { route: place, hash });
    }
    links.retain(|(from, to)| pages.contains_key(from) && pages.contains_key(to));
    let all: String = pages.iter().map(|(path, entry)| format!("{path} {}\n", entry.hash)).collect();
    let build = Fingerprint::of(format!("{all}{links:?}").as_bytes()).hex()[..16].to_owned();
    Content { site, told, pages, links, build }
}

impl Content<'_> {
    /// Makes the row of a page, with its parts as `chunks`.
    fn row(&self, path: &str, entry: &Entry) -> Value {
        let Some(View::Page(id)) = self.site.routes.get(entry.route).map(|route| &route.view) else {
            return Value::Null;
        };
        let mut row = row(path, self.site.page(*id), self.told.search(entry.route).as_deref());
        row["content_hash"] = entry.hash.as_str().into();
        row["build"] = self.build.as_str().into();
        row
    }
}

fn row(path: &str, page: &Page, search: Option<&SearchPage>) -> Value {
    let document = page.document.as_ref();
    let matter = document.map(|document| &document.front_matter);
    let description = matter.and_then(|matter| matter.description.clone());
    let description = description.or_else(|| document.map(|document| document.summary.clone())).unwrap_or_default();
    let sections: &[SearchSection] = search.map_or(&[], |search| &search.sections);
    let texts = sections.iter().flat_map(|section| [section.title.as_str(), section.text.as_str()]);
    let body = texts.filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n");
    let tags = matter.and_then(|matter| matter.taxonomies.get("tags"));
    let tags: Vec<&str> = tags.into_iter().flatten().map(|tag| tag.value.as_str()).collect();
    let clean = |text: &str| text.replace('\0', "");
    let chunks: Vec<Value> = sections
        .iter()
        .enumerate()
        .map(|(ord, section)| {
            let hash = Fingerprint::of(format!("{}\n{}", section.title, section.text).as_bytes()).hex();
            json!({"ord": ord, "heading": clean(&section.title), "anchor": section.id, "text": clean(&section.text), "content_hash": hash})
        })
        .collect();
    // Pages without a date come after all that have one.
    let published = page.date.as_ref().map_or(jiff::Timestamp::UNIX_EPOCH, |date| date.at);
    let breadcrumb = search.map(|search| search.breadcrumb.as_str()).unwrap_or_default();
    json!({
        "path": path, "lang": page.language, "kind": page.kind, "title": clean(&page.title), "description": clean(&description),
        "body": clean(&body), "tags": tags, "published_at": published.to_string(),
        "meta": {"breadcrumb": breadcrumb, "words": page.words, "reading_time": page.reading_time},
        "chunks": chunks,
    })
}

/// Publishes in one transaction. When it fails, nothing has changed. `revision` is that of the sources, for the history.
///
/// # Errors
/// The connection failed, or the tables are not there.
pub async fn publish(client: &mut Client, content: &Content<'_>, revision: Option<&str>) -> Result<Summary, Error> {
    execute(client, "begin").await?;
    let done = write(client, content, revision).await;
    // A connection that failed is rolled back by the server.
    if done.is_ok() {
        execute(client, "commit").await?;
    } else if client.connection().state() == rivage_postgres::State::Idle {
        execute(client, "rollback").await?;
    }
    done
}

async fn write(client: &mut Client, content: &Content<'_>, revision: Option<&str>) -> Result<Summary, Error> {
    execute(client, LOCK).await?;
    let known = execute(client, KNOWN).await?;
    let text = |cell: Option<&str>| cell.unwrap_or_default().to_owned();
    let known: BTreeMap<String, String> =
        known.iter().flat_map(ResultSet::rows).map(|row| (text(row.text(0)), text(row.text(1)))).collect();
    let gone: Vec<&str> = known.keys().filter(|path| !content.pages.contains_key(*path)).map(String::as_str).collect();
    let changed: Vec<(&String, &Entry)> =
        content.pages.iter().filter(|(path, entry)| known.get(*path) != Some(&entry.hash)).collect();
    let mut summary = Summary {
        written: changed.len(),
        unchanged: content.pages.len() - changed.len(),
        removed: gone.len(),
        links: 0,
    };
    if !gone.is_empty() {
        with(client, DELETE, &json!(gone).to_string()).await?;
    }
    let mut rows = changed.into_iter().map(|(path, entry)| content.row(path, entry));
    while let Some(rows) = batch(&mut rows) {
        for statement in [UPSERT, CHUNKS_GONE, CHUNKS] {
            with(client, statement, &rows).await?;
        }
    }
    let pairs: Vec<_> = content.links.iter().map(|(from, to)| json!([from, to])).collect();
    let results = with(client, LINKS, &json!(pairs).to_string()).await?;
    let links = results.first().and_then(|result| result.row(0)?.text(0)?.parse().ok());
    summary.links = links.unwrap_or(0);
    if summary.written + summary.removed > 0 {
        execute(client, WORDS).await?;
    }
    if summary.written + summary.removed + summary.links > 0 {
        execute(client, PURGE).await?;
    }
    let line = json!({
        "build": content.build, "pages": content.pages.len(), "written": summary.written, "unchanged": summary.unchanged,
        "removed": summary.removed, "links": summary.links, "revision": revision,
    });
    with(client, HISTORY, &line.to_string()).await?;
    Ok(summary)
}

/// Takes rows into a JSON array, until it is long enough; none where there are no more.
fn batch(rows: &mut impl Iterator<Item = Value>) -> Option<String> {
    let mut batch = String::new();
    for row in rows {
        batch.push(if batch.is_empty() { '[' } else { ',' });
        batch.push_str(&row.to_string());
        if batch.len() > BATCH {
            break;
        }
    }
    (!batch.is_empty()).then(|| batch + "]")
}

async fn execute(client: &mut Client, sql: &str) -> Result<Vec<ResultSet>, Error> {
    client.query(&[Statement::new(sql, &[])]).await
}

async fn with(client: &mut Client, sql: &str, value: &str) -> Result<Vec<ResultSet>, Error> {
    client.query(&[Statement::new(sql, &[Param::text(value)])]).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_are_arrays_of_all_rows() {
        let mut rows = [10, BATCH, 10].map(|size| json!({"path": "x".repeat(size)})).into_iter();
        let all: Vec<String> = std::iter::from_fn(|| batch(&mut rows)).collect();
        let lengths = all.iter().map(|batch| serde_json::from_str::<Vec<Value>>(batch).unwrap().len());
        assert_eq!(lengths.collect::<Vec<_>>(), [2, 1]);
    }
}
