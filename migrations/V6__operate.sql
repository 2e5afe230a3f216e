-- What whoever runs the site looks at: who changed what, what was published, visits, searches, errors. Numbers by day, nothing about visitors.

set local lock_timeout = '10s';

alter table submission add column starred boolean not null default false;

-- Who changed what, in the transaction that changed it. An account that is gone leaves its number here.
create table audit (
  id bigint generated always as identity primary key,
  at timestamptz not null default now(),
  account_id uuid,
  action text not null,
  target text not null default '',
  detail jsonb not null default '{}',
  request text not null
);
create index audit_action on audit (action, id desc);
create index audit_account on audit (account_id, id desc);

-- Also for the role of the API, which may change rows of all tables: what was done stays written.
create function rivage_keep() returns trigger language plpgsql as $$
begin
  raise exception 'rows of % stay as they are', tg_table_name using errcode = '42501';
end $$;
create trigger audit_stays before update or delete or truncate on audit for each statement execute function rivage_keep();

-- Ends a statement with a code that the API knows, where a condition of the caller's holds.
create function rivage_refuse(code text, reason text) returns boolean language plpgsql as $$
begin
  raise exception '%', reason using errcode = code;
end $$;

-- What `rivage publish` has written, where it changed something.
create table publication (
  id bigint generated always as identity primary key,
  build text not null,
  at timestamptz not null default now(),
  pages bigint not null,
  written bigint not null,
  unchanged bigint not null,
  removed bigint not null,
  links bigint not null,
  revision text
);

-- Hosts that visitors came from.
create table referrer_day (
  day date not null,
  host text not null,
  views bigint not null default 0,
  primary key (day, host)
);

-- How pages felt: of each metric, how many page views lie between two of its bounds.
create table vital_day (
  day date not null,
  device text not null check (device in ('phone', 'desktop')),
  metric text not null check (metric in ('lcp', 'inp', 'cls', 'ttfb')),
  bucket bigint not null,
  count bigint not null default 0,
  primary key (day, device, metric, bucket)
);

-- The bounds of a metric: milliseconds, for `cls` a number without unit. Those of "good" and "poor" are among them.
create function rivage_vital_bounds(metric text) returns float8[] language sql immutable parallel safe
return case metric
  when 'lcp' then array[250, 500, 750, 1000, 1250, 1500, 1750, 2000, 2250, 2500, 2750, 3000, 3500, 4000, 4500, 5000, 6000, 8000, 12000, 20000]::float8[]
  when 'inp' then array[8, 16, 24, 32, 48, 64, 80, 100, 125, 150, 175, 200, 250, 300, 400, 500, 700, 1000, 2000, 5000]::float8[]
  when 'cls' then array[0.001, 0.005, 0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.08, 0.1, 0.125, 0.15, 0.175, 0.2, 0.25, 0.3, 0.4, 0.6, 1, 2]::float8[]
  when 'ttfb' then array[25, 50, 75, 100, 150, 200, 250, 300, 400, 500, 600, 700, 800, 1000, 1200, 1500, 1800, 2500, 4000, 8000]::float8[]
end;

-- `good`, `fair` or `poor`, as web.dev has it.
create function rivage_vital_grade(metric text, bucket bigint) returns text language sql immutable parallel safe
return case
  when coalesce((rivage_vital_bounds(metric))[bucket::integer], 0) < case metric when 'lcp' then 2500 when 'inp' then 200 when 'cls' then 0.1 else 800 end then 'good'
  when (rivage_vital_bounds(metric))[bucket::integer] < case metric when 'lcp' then 4000 when 'inp' then 500 when 'cls' then 0.25 else 1800 end then 'fair'
  else 'poor'
end;

-- What three of four page views stay below: between the bounds of its bucket, as if they lay evenly. Beyond the last bound, that bound.
create function rivage_vital_p75(metric text, buckets bigint[], counts bigint[]) returns float8 language sql immutable parallel safe as $$
  with bounds as (
    select rivage_vital_bounds(metric) as all_of
  ), counted as (
    select bucket, sum(count) as count from unnest(buckets, counts) as given (bucket, count) group by bucket
  ), running as (
    select bucket, count, sum(count) over (order by bucket) as up_to, 0.75 * sum(count) over () as wanted from counted
  )
  select coalesce(all_of[bucket::integer], 0)
         + (coalesce(all_of[bucket::integer + 1], all_of[bucket::integer]) - coalesce(all_of[bucket::integer], 0))
         * ((wanted - (up_to - count)) / count)::float8
    from running, bounds where up_to >= wanted and count > 0 order by bucket limit 1
$$;

-- What was searched for, in lower case, with how many of the searches found nothing.
create table search_day (
  day date not null,
  query text not null,
  lang text not null,
  searches bigint not null default 0,
  empty bigint not null default 0,
  primary key (day, query, lang)
);

-- Errors of the API and of browsers, without anything of a person. `kind` is a digest of what makes two errors the same.
create table error_day (
  day date not null,
  kind text not null,
  source text not null check (source in ('api', 'browser')),
  place text not null,
  code text not null,
  message text not null,
  build text not null,
  count bigint not null default 1,
  first_at timestamptz not null default now(),
  last_at timestamptz not null default now(),
  request text not null default '',
  primary key (day, kind)
);

-- What was told of the site's health the last time.
create table watch_state (
  name text primary key,
  state text not null,
  told boolean not null,
  tries bigint not null,
  at timestamptz not null default now()
);
