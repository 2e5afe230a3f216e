-- GET /api/v1/search
-- Full-text search over the published pages.
--
-- The last word matches as a beginning, too. Where nothing is found and the database has `pg_trgm`, words that no page has are replaced by
-- similar ones; `fuzzy` says so. `section` and `anchor` are those of the part of the page that fits best. `snippet` is plain text, not HTML: found
-- words stand between U+2E28 and U+2E29 (⸨ ⸩).
-- @auth none
-- @param q     text query length 1..200 -- words, "phrases", or, -not
-- @param lang  text query default en pattern ^[a-z]{2,3}(-[A-Za-z0-9]{1,8})*$
-- @param kind  text query optional length 1..40
-- @param tag   text query optional length 1..80
-- @param limit int4 query default 10 range 1..50
-- @cache 60s stale 10m error 1d tags page
-- @returns many
-- @name search

with asked as (
  select query as exact, rivage_prefix(query) as prefix from websearch_to_tsquery(rivage_config(:lang), :q) as query
), direct as materialized (
  -- Ranking reads the whole document: it must not do so for every page of a large site.
  select p.id, p.tsv from page p, asked a
   where p.tsv @@ a.prefix and not p.draft and p.lang = :lang
   /*?kind and p.kind = :kind ?*/ /*?tag and p.tags @> array[:tag] ?*/
   limit 300
), mended as (
  select query as exact, rivage_prefix(query) as prefix from asked a, rivage_mended(a.exact, :lang) as query
   where not exists (select from direct) and query is not null
), candidates as (
  select d.id, d.tsv, a.exact, a.prefix, false as fuzzy from direct d, asked a
  union all
  (select p.id, p.tsv, m.exact, m.prefix, true from page p, mended m
    where p.tsv @@ m.prefix and not p.draft and p.lang = :lang
    /*?kind and p.kind = :kind ?*/ /*?tag and p.tags @> array[:tag] ?*/
    limit 300)
), best as (
  select id, prefix, fuzzy, ts_rank_cd(tsv, prefix) + 4 * ts_rank_cd(tsv, exact) as rank
    from candidates order by rank desc, id limit :limit
)
select p.path, p.title, p.description, p.kind, p.meta ->> 'breadcrumb' as breadcrumb, b.rank, b.fuzzy,
       part.heading as section, part.anchor,
       ts_headline(rivage_config(:lang), coalesce(part.text, p.body), b.prefix,
                   'StartSel=⸨, StopSel=⸩, MaxFragments=2, MaxWords=24, MinWords=8') as snippet
  from best b join page p on p.id = b.id
  left join lateral (
    select c.heading, c.anchor, c.text from chunk c where c.page_id = p.id order by ts_rank(c.tsv, rivage_any(b.prefix)) desc, c.ord limit 1
  ) part on true
 order by b.rank desc, p.id
