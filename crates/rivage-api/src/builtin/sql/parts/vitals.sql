
-- Always in this order: two visitors wait for each other, and never in a circle.
insert into vital_day as v (day, device, metric, bucket, count)
select current_date, :device, given.metric, width_bucket(given.value, rivage_vital_bounds(given.metric)), 1
  from (values (1, 'lcp', :lcp), (2, 'inp', :inp), (3, 'cls', :cls), (4, 'ttfb', :ttfb)) as given (place, metric, value)
 where given.value is not null and exists (select from page where path = :path and not draft)
 order by given.place
on conflict (day, device, metric, bucket) do update set count = v.count + 1
