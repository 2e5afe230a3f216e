-- Bars of time series: batches that are stored once, and roll-ups that are right whatever comes late.
--
-- Of the same moment, the bar that arrives last counts; within a batch, the one that stands last. Roll-ups are made anew from all bars of the
-- time they span, so the order in which bars came does not show in them. Plain PostgreSQL is enough; TimescaleDB is used where the database has it.

set local lock_timeout = '10s';

create table market_rollup (
  symbol text not null references market_symbol on delete cascade,
  step text not null check (step in ('5m', '1h', '1d')),
  ts timestamptz not null,
  open double precision not null,
  high double precision not null,
  low double precision not null,
  close double precision not null,
  volume double precision not null,
  primary key (symbol, step, ts)
);

-- Batches that came with a key, for 30 days.
create table market_batch (
  symbol text not null references market_symbol on delete cascade,
  key text not null,
  print text not null,
  stored bigint not null,
  at timestamptz not null default now(),
  primary key (symbol, key)
);
create index market_batch_at on market_batch (symbol, at);

-- Makes anew the roll-ups that these moments fall into. Days are those of UTC; 24 hours, because a day of the session's time zone may be longer.
-- Without scans of the whole table: the planner cannot know how few rows each span has.
create function rivage_series_touch(of_symbol text, moments timestamptz[]) returns void language plpgsql set enable_seqscan = off as $$
declare
  level record;
begin
  for level in
    select * from (values ('5m', interval '5 minutes'), ('1h', interval '1 hour'), ('1d', interval '24 hours')) as l (step, width)
  loop
    with touched as materialized (
      select distinct date_bin(level.width, moment, timestamptz '2001-01-01 00:00:00Z') as ts from unnest(moments) as moment
    ), made as materialized (
      select t.ts, m.* from touched t cross join lateral (
        select (array_agg(b.open order by b.ts))[1] as open, max(b.high) as high, min(b.low) as low,
               (array_agg(b.close order by b.ts desc))[1] as close, sum(b.volume order by b.ts) as volume
          from market_bar b where b.symbol = of_symbol and b.ts >= t.ts and b.ts < t.ts + level.width
      ) as m
    ), gone as (
      delete from market_rollup r
       where r.symbol = of_symbol and r.step = level.step and r.ts = any (array(select made.ts from made where made.open is null))
    )
    insert into market_rollup as r (symbol, step, ts, open, high, low, close, volume)
    select of_symbol, level.step, ts, open, high, low, close, volume from made where open is not null
    on conflict (symbol, step, ts) do update
       set open = excluded.open, high = excluded.high, low = excluded.low, close = excluded.close, volume = excluded.volume
     where (r.open, r.high, r.low, r.close, r.volume)
           is distinct from (excluded.open, excluded.high, excluded.low, excluded.close, excluded.volume);
  end loop;
end $$;

-- Makes anew the roll-ups of a series in a span of time, or of all: for whoever writes bars by other ways than the API. Answers how many bars it read.
create function rivage_series_rollup(of_symbol text, from_ts timestamptz default '-infinity', to_ts timestamptz default 'infinity')
returns bigint language plpgsql as $$
declare
  moments timestamptz[];
begin
  perform 1 from market_symbol where symbol = of_symbol for no key update;
  select array_agg(ts) into moments from market_bar where symbol = of_symbol and ts >= from_ts and ts < to_ts;
  -- And where bars are gone.
  perform rivage_series_touch(of_symbol, coalesce(moments, '{}') || array(
    select ts from market_rollup where symbol = of_symbol and ts > from_ts - interval '24 hours' and ts < to_ts
  ));
  return coalesce(cardinality(moments), 0);
end $$;

-- Stores a batch and rolls it up, in one transaction. `outcome` is `stored`; `replayed` where the key's batch was stored before, and `conflict` where
-- that was another one: then nothing is written.
create function rivage_ingest(
  of_symbol text, batch_key text, batch_print text,
  moments timestamptz[], opens float8[], highs float8[], lows float8[], closes float8[], volumes float8[]
) returns table (stored bigint, changed bigint, outcome text) language plpgsql as $$
declare
  known market_batch;
begin
  insert into market_symbol (symbol) values (of_symbol) on conflict do nothing;
  -- One writer of a series at a time: a roll-up is made of what others have written, too.
  perform 1 from market_symbol s where s.symbol = of_symbol for no key update;
  if batch_key <> '' then
    select * into known from market_batch b where b.symbol = of_symbol and b.key = batch_key;
    if found then
      return query select known.stored, 0::bigint, case when known.print = batch_print then 'replayed' else 'conflict' end;
      return;
    end if;
    delete from market_batch b where b.symbol = of_symbol and b.at < now() - interval '30 days';
  end if;
  select count(distinct moment) into stored from unnest(moments) as moment;
  insert into market_bar as m (symbol, ts, open, high, low, close, volume)
  select distinct on (s.ts) of_symbol, s.ts, s.open, s.high, s.low, s.close, s.volume
    from unnest(moments, opens, highs, lows, closes, volumes) with ordinality as s (ts, open, high, low, close, volume, place)
   order by s.ts, s.place desc
  on conflict (symbol, ts) do update
     set open = excluded.open, high = excluded.high, low = excluded.low, close = excluded.close, volume = excluded.volume
   where (m.open, m.high, m.low, m.close, m.volume)
         is distinct from (excluded.open, excluded.high, excluded.low, excluded.close, excluded.volume);
  get diagnostics changed = row_count;
  if changed > 0 then
    perform rivage_series_touch(of_symbol, moments);
  end if;
  if batch_key <> '' then
    insert into market_batch (symbol, key, print, stored) values (of_symbol, batch_key, batch_print, stored);
  end if;
  outcome := 'stored';
  return next;
end $$;

select rivage_series_rollup(symbol) from market_symbol;

-- What was there before; pages near to a page by meaning; and TimescaleDB: bars in parts of 90 days. Of its Apache edition, which has no continuous
-- aggregates.
-- squawk-ignore renaming-object
alter function rivage_use_extensions() rename to rivage_use_extensions_of_v5;
create function rivage_use_extensions() returns text[] language plpgsql set client_min_messages = warning as $use$
declare
  present text[] := rivage_use_extensions_of_v5();
begin
  if exists (select from pg_extension where extname = 'vector') then
    -- The first parts of a page say what it is about.
    execute $f$
      create or replace function rivage_similar(of_path text, most integer)
      returns table (page_id bigint, distance float8) language sql stable as $$
        with own as materialized (
          select e.embedding, p.id, p.lang from page p join chunk c on c.page_id = p.id join chunk_embedding e on e.content_hash = c.content_hash
           where p.path = of_path and not p.draft order by c.ord limit 8
        ), near as materialized (
          select own.id, own.lang, n.content_hash, n.distance from own cross join lateral (
            select e.content_hash, e.embedding <=> own.embedding as distance from chunk_embedding e
             order by e.embedding <=> own.embedding limit most * 3 + 8
          ) as n
        )
        select p.id, min(near.distance) from near join chunk c on c.content_hash = near.content_hash join page p on p.id = c.page_id
         where p.id <> near.id and p.lang = near.lang and not p.draft group by p.id order by 2, p.id limit most
      $$
    $f$;
  else
    execute $f$
      create or replace function rivage_similar(of_path text, most integer)
      returns table (page_id bigint, distance float8) language sql stable as $$
        select null::bigint, null::float8 where false
      $$
    $f$;
  end if;

  if exists (select from pg_extension where extname = 'timescaledb') then
    present := present || 'timescaledb'::text;
    execute $f$
      select create_hypertable('market_bar', by_range('ts', interval '90 days'), if_not_exists => true, migrate_data => true)
    $f$;
  end if;
  return present;
end $use$;

select rivage_use_extensions();
