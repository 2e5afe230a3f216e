-- POST /api/v1/vitals
-- Counts a view of a page, and how it felt: web vitals, as numbers by day. Only pages that exist are counted.
--
-- Programs that say so, and browsers that ask not to be tracked (`DNT`, `Sec-GPC`), are answered and not counted.
-- @auth none
-- @param path     text body length 1..500
-- @param device   enum(phone, desktop) body default desktop
-- @param referrer text body optional pattern ^[a-z0-9.-]{1,253}$ -- the host that the visitor comes from
-- @param lcp      float8 body optional range 0..600000 -- milliseconds until the largest part was there
-- @param inp      float8 body optional range 0..600000 -- milliseconds that the page took to react
-- @param cls      float8 body optional range 0..100 -- how much the layout shifted
-- @param ttfb     float8 body optional range 0..600000 -- milliseconds until the first byte
-- @returns none
-- @name count_vitals

insert into page_view_day as v (day, path, views)
select current_date, path, 1 from page where path = :path and not draft
on conflict (day, path) do update set views = v.views + 1;

insert into referrer_day as r (day, host, views)
select current_date, :referrer, 1
 where :referrer is not null and exists (select from page where path = :path and not draft)
   and (exists (select from referrer_day where day = current_date and host = :referrer)
        or (select count(*) from referrer_day where day = current_date) < 1000)
on conflict (day, host) do update set views = r.views + 1;

-- Always in this order: two visitors wait for each other, and never in a circle.
insert into vital_day as v (day, device, metric, bucket, count)
select current_date, :device, given.metric, width_bucket(given.value, rivage_vital_bounds(given.metric)), 1
  from (values (1, 'lcp', :lcp), (2, 'inp', :inp), (3, 'cls', :cls), (4, 'ttfb', :ttfb)) as given (place, metric, value)
 where given.value is not null and exists (select from page where path = :path and not draft)
 order by given.place
on conflict (day, device, metric, bucket) do update set count = v.count + 1
