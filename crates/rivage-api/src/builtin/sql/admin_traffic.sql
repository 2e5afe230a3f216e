-- GET /api/v1/admin/traffic
-- Page views by day, the oldest day first. Days without any have 0.
-- @auth role:admin
-- @param days int4 query default 30 range 1..366
-- @returns many
-- @name admin_traffic

select current_date - ago.days as day, coalesce(sum(v.views), 0)::int8 as views
  from generate_series(0, :days - 1) as ago (days) left join page_view_day v on v.day = current_date - ago.days
 group by ago.days order by ago.days desc limit :days
