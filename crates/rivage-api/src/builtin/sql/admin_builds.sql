-- GET /api/v1/admin/builds
-- What was published, newest first; which of it is live, and what one would go back to.
-- @auth role:admin
-- @param limit int4 query default 50 range 1..200
-- @returns many
-- @name admin_builds

with live as (
  select id, build from publication order by id desc limit 1
), back as (
  select p.id from publication p, live where p.id < live.id and p.build <> live.build order by p.id desc limit 1
)
select p.id, p.build, p.at, p.pages, p.written, p.unchanged, p.removed, p.links, p.revision,
       coalesce(p.id = (select id from live), false) as is_live, coalesce(p.id = (select id from back), false) as is_rollback
  from publication p order by p.id desc limit :limit
