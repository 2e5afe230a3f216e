-- POST /api/v1/series/ingest
-- Stores bars of a time series. What is sent again is stored once: of the same moment, the last one counts.
-- @auth role:admin
-- @param symbol text body length 1..40 pattern ^[A-Za-z0-9._-]+$
-- @param bars   json body -- an array of {ts, open, high, low, close, volume}
-- @purge series
-- @returns one
-- @name ingest_series

with bars as (
  select distinct on (ts) ts, open, high, low, close, coalesce(volume, 0) as volume
    from rows from (jsonb_to_recordset(:bars)
           as (ts timestamptz, open float8, high float8, low float8, close float8, volume float8))
         with ordinality as b (ts, open, high, low, close, volume, position)
   order by ts, position desc
), known as (
  insert into market_symbol (symbol) values (:symbol) on conflict do nothing
), stored as (
  insert into market_bar as m (symbol, ts, open, high, low, close, volume)
  select :symbol, ts, open, high, low, close, volume from bars
  on conflict (symbol, ts) do update
     set open = excluded.open, high = excluded.high, low = excluded.low, close = excluded.close, volume = excluded.volume
  returning 1
)
select count(*) as stored from stored
