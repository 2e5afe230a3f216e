-- GET /api/v1/admin/vitals
-- Web vitals by day, the oldest day first: what three of four page views stay below, and how many are good, fair and poor.
-- @auth role:admin
-- @param days   int4 query default 30 range 1..366
-- @param device enum(all, phone, desktop) query default all
-- @returns many
-- @name admin_vitals

select day, metric, rivage_vital_p75(metric, array_agg(bucket), array_agg(count)) as p75,
       coalesce(sum(count) filter (where rivage_vital_grade(metric, bucket) = 'good'), 0)::int8 as good,
       coalesce(sum(count) filter (where rivage_vital_grade(metric, bucket) = 'fair'), 0)::int8 as fair,
       coalesce(sum(count) filter (where rivage_vital_grade(metric, bucket) = 'poor'), 0)::int8 as poor,
       sum(count)::int8 as count
  from vital_day where day > current_date - :days /*#device all: | phone: and device = 'phone' | desktop: and device = 'desktop' #*/
 group by day, metric order by day, array_position(array['lcp', 'inp', 'cls', 'ttfb'], metric) limit 2000
