-- GET /api/v1/series/{symbol}
-- A time series, newest first: as stored, or gathered by hour, day or week.
-- @auth none
-- @param symbol text path length 1..40
-- @param from   timestamptz query optional -- the first moment
-- @param to     timestamptz query optional -- the moment after the last one
-- @param step   enum(raw, hour, day, week) query default raw
-- @param limit  int4 query default 500 range 1..5000
-- @cache 30s stale 5m error 1d tags series
-- @returns many
-- @name get_series

/*#step
  raw: select ts, open, high, low, close, volume
  | hour: select date_bin('1 hour', ts, timestamptz '2001-01-01 00:00:00Z') as ts, (array_agg(open order by ts))[1] as open, max(high) as high,
                 min(low) as low, (array_agg(close order by ts desc))[1] as close, sum(volume) as volume
  | day: select date_bin('1 day', ts, timestamptz '2001-01-01 00:00:00Z') as ts, (array_agg(open order by ts))[1] as open, max(high) as high,
                min(low) as low, (array_agg(close order by ts desc))[1] as close, sum(volume) as volume
  | week: select date_bin('7 days', ts, timestamptz '2001-01-01 00:00:00Z') as ts, (array_agg(open order by ts))[1] as open, max(high) as high,
                 min(low) as low, (array_agg(close order by ts desc))[1] as close, sum(volume) as volume #*/
  from market_bar where symbol = :symbol and ts >= coalesce(:from, '-infinity') and ts < coalesce(:to, 'infinity')
  /*#step raw: | hour: group by 1 | day: group by 1 | week: group by 1 #*/
 order by 1 desc limit :limit
