-- GET /api/v1/graph/similar
-- Pages that are near to a page: by meaning, where its parts have embeddings, else by links. `by` says which.
-- @auth none
-- @param path  text query length 1..500
-- @param limit int4 query default 5 range 1..20
-- @cache 5m stale 1h error 1d tags page
-- @returns many
-- @name similar_pages

with recursive near as materialized (
  select page_id, distance from rivage_similar(:path, :limit)
), walk (id, distance) as (
  select id, 0 from page where path = :path and not draft and not exists (select from near)
  union
  select case when l.src = w.id then l.dst else l.src end, w.distance + 1
    from walk w join link l on l.src = w.id or l.dst = w.id
   where w.distance < 2
), found (id, distance, by) as (
  select page_id, distance, 'meaning' from near
  union all
  select id, min(distance)::float8, 'links' from walk group by id having min(distance) > 0
)
select p.path, p.title, p.description, f.by from found f join page p on p.id = f.id
 where not p.draft
 order by f.distance, p.path limit :limit
