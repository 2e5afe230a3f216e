-- GET /api/v1/series/{symbol}
-- A time series, newest first: as stored, or rolled up to 5 minutes, an hour, a day or a week of UTC.
-- @auth none
-- @param symbol   text path length 1..40
-- @param interval enum(raw, 5m, 1h, 1d, 1w) query default raw
-- @param from     timestamptz query optional -- the first moment
-- @param to       timestamptz query optional -- the moment after the last one
-- @param limit    int4 query default 500 range 1..5000
-- @cache 30s stale 5m error 1d tags series
-- @returns many
-- @name get_series

select ts, open, high, low, close, volume from (
  /*#interval
    raw: select ts, open, high, low, close, volume from market_bar where symbol = :symbol
    | 5m: select ts, open, high, low, close, volume from market_rollup where symbol = :symbol and step = '5m'
    | 1h: select ts, open, high, low, close, volume from market_rollup where symbol = :symbol and step = '1h'
    | 1d: select ts, open, high, low, close, volume from market_rollup where symbol = :symbol and step = '1d'
    | 1w: select date_bin('168 hours', ts, timestamptz '2001-01-01 00:00:00Z') as ts, (array_agg(open order by ts))[1] as open, max(high) as high,
                 min(low) as low, (array_agg(close order by ts desc))[1] as close, sum(volume order by ts) as volume
            from market_rollup where symbol = :symbol and step = '1d' group by 1 #*/
  ) as bar
 where ts >= coalesce(:from, '-infinity') and ts < coalesce(:to, 'infinity')
 order by ts desc limit :limit
