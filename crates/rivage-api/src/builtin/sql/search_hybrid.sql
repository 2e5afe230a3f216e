-- POST /api/v1/search
-- Search by words and by meaning: what is near in either is near the top.
--
-- The vector is the embedding of `q`, by the model that made those in the table `chunk_embedding`. The two lists are joined by their ranks (reciprocal
-- rank fusion, k = 60). Needs the extension `vector`.
-- @auth none
-- @param q      text body length 1..200 -- words, "phrases", or, -not
-- @param vector float8[] body length 384..384
-- @param lang   text body default en pattern ^[a-z]{2,3}(-[A-Za-z0-9]{1,8})*$
-- @param limit  int4 body default 10 range 1..50
-- @limit read
-- @returns many
-- @name search_hybrid

with asked as (
  select query as exact, rivage_prefix(query) as prefix from websearch_to_tsquery(rivage_config(:lang), :q) as query
), candidates as (
  select p.id, p.tsv from page p, asked a where p.tsv @@ a.prefix and not p.draft and p.lang = :lang limit 300
), words as (
  select c.id, row_number() over (order by ts_rank_cd(c.tsv, a.prefix) + 4 * ts_rank_cd(c.tsv, a.exact) desc, c.id) as place
    from candidates c, asked a order by place limit 100
), meanings as materialized (
  select page_id as id, ord, place from rivage_nearest(:vector, :lang, 100)
), best as (
  select id, sum(1.0::float8 / (60 + place)) as rank
    from (select id, place from words union all select id, place from meanings) as places
   group by id order by rank desc, id limit :limit
)
select p.path, p.title, p.description, p.kind, p.meta ->> 'breadcrumb' as breadcrumb, b.rank, part.heading as section, part.anchor,
       ts_headline(rivage_config(:lang), coalesce(part.text, p.body), a.prefix,
                   'StartSel=⸨, StopSel=⸩, MaxFragments=2, MaxWords=24, MinWords=8') as snippet
  from best b join page p on p.id = b.id cross join asked a
  left join meanings m on m.id = b.id
  left join lateral (
    select c.heading, c.anchor, c.text from chunk c
     where c.page_id = p.id order by (c.ord = m.ord) is true desc, ts_rank(c.tsv, rivage_any(a.prefix)) desc, c.ord limit 1
  ) part on true
 order by b.rank desc, p.id
