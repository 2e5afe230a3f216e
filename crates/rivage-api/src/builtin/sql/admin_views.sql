-- GET /api/v1/admin/views
-- The pages that were looked at most.
-- @auth role:admin
-- @param days  int4 query default 30 range 1..366
-- @param limit int4 query default 50 range 1..200
-- @returns many
-- @name admin_views

select path, sum(views)::int8 as views from page_view_day
 where day > current_date - :days
 group by path order by views desc, path limit :limit
