-- GET /api/v1/graph/related
-- Pages that a page is linked with, near ones first.
-- @auth none
-- @param path  text query length 1..500
-- @param depth int4 query default 2 range 1..3
-- @param limit int4 query default 10 range 1..50
-- @cache 5m stale 1h error 1d tags page
-- @returns many
-- @name related_pages

with recursive walk (id, distance) as (
  select id, 0 from page where path = :path and not draft
  union
  select case when l.src = w.id then l.dst else l.src end, w.distance + 1
    from walk w join link l on l.src = w.id or l.dst = w.id
   where w.distance < :depth
), near as (
  select id, min(distance) as distance from walk group by id
)
select p.path, p.title, n.distance from near n join page p on p.id = n.id
 where n.distance > 0 and not p.draft
 order by n.distance, p.published_at desc, p.path limit :limit
