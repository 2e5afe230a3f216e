-- GET /api/v1/admin/referrers
-- The hosts that most visitors came from.
-- @auth role:admin
-- @param days  int4 query default 30 range 1..366
-- @param limit int4 query default 50 range 1..200
-- @returns many
-- @name admin_referrers

select host, sum(views)::int8 as views from referrer_day
 where day > current_date - :days
 group by host order by views desc, host limit :limit
