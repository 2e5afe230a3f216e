-- POST /api/v1/views
-- Counts a view of a page. Only pages that exist are counted.
-- @auth none
-- @param path text body length 1..500
-- @returns none
-- @name count_view

insert into page_view_day as v (day, path, views)
select current_date, path, 1 from page where path = :path and not draft
on conflict (day, path) do update set views = v.views + 1
