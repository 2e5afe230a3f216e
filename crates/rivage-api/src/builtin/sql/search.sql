-- GET /api/v1/search
-- Full-text search over the published pages.
--
-- The last word matches as a beginning, too. `snippet` is plain text, not HTML: found words stand between U+2E28 and U+2E29 (⸨ ⸩).
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
  select websearch_to_tsquery(rivage_config(:lang), :q) as exact,
         (nullif(websearch_to_tsquery(rivage_config(:lang), :q)::text, '') || ':*')::tsquery as prefix
), candidates as (
  -- Ranking reads the whole document: it must not do so for every page of a large site.
  select p.id, p.tsv from page p, asked a
   where p.tsv @@ a.prefix and not p.draft and p.lang = :lang
   /*?kind and p.kind = :kind ?*/ /*?tag and p.tags @> array[:tag] ?*/
   limit 300
), best as (
  select c.id, ts_rank_cd(c.tsv, a.prefix) + 4 * ts_rank_cd(c.tsv, a.exact) as rank
    from candidates c, asked a order by rank desc, c.id limit :limit
)
select p.path, p.title, p.description, p.kind, b.rank,
       ts_headline(rivage_config(:lang), p.body, a.prefix, 'StartSel=⸨, StopSel=⸩, MaxFragments=2, MaxWords=24, MinWords=8') as snippet
  from best b join page p on p.id = b.id, asked a
 order by b.rank desc, p.id
