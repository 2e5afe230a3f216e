-- Time series and places, in core PostgreSQL; extensions only make them faster.

create table market_symbol (
  symbol text primary key,
  name text not null default ''
);

create table market_bar (
  symbol text not null references market_symbol on delete cascade,
  ts timestamptz not null,
  open double precision not null,
  high double precision not null,
  low double precision not null,
  close double precision not null,
  volume double precision not null default 0,
  primary key (symbol, ts)
);

create table place (
  id bigint generated always as identity primary key,
  page_id bigint references page on delete cascade,
  name text not null,
  kind text not null default 'place',
  lon double precision not null check (lon between -180 and 180),
  lat double precision not null check (lat between -90 and 90),
  props jsonb not null default '{}',
  pos point not null generated always as (point(lon, lat)) stored
);
create index place_pos on place using gist (pos);
create index place_page on place (page_id);
