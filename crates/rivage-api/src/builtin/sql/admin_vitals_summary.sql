-- GET /api/v1/admin/vitals/summary
-- Web vitals of the last days together, by device.
-- @auth role:admin
-- @param days int4 query default 30 range 1..366
-- @returns many
-- @name admin_vitals_summary

select device, metric, rivage_vital_p75(metric, array_agg(bucket), array_agg(count)) as p75,
       coalesce(sum(count) filter (where rivage_vital_grade(metric, bucket) = 'good'), 0)::int8 as good,
       coalesce(sum(count) filter (where rivage_vital_grade(metric, bucket) = 'fair'), 0)::int8 as fair,
       coalesce(sum(count) filter (where rivage_vital_grade(metric, bucket) = 'poor'), 0)::int8 as poor,
       sum(count)::int8 as count
  from vital_day where day > current_date - :days
 group by device, metric order by device desc, array_position(array['lcp', 'inp', 'cls', 'ttfb'], metric) limit 8
