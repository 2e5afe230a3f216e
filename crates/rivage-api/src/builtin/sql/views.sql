-- GET /api/v1/views
-- How often a page was looked at.
-- @auth none
-- @param path text query length 1..500
-- @param days int4 query default 30 range 1..366
-- @cache 60s stale 10m error 1d
-- @returns one
-- @name get_views

select :path as path, coalesce(sum(views), 0)::int8 as views
  from page_view_day where path = :path and day > current_date - :days
