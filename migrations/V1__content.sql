-- Published content: pages, their parts, and the links between them. Core PostgreSQL 15, no extension.
-- One database serves one site.

-- The text search configuration of a language code. Immutable, so that generated columns and indexes may use it.
create function rivage_config(lang text) returns regconfig language sql immutable parallel safe
return case lang
  when 'ar' then 'arabic'::regconfig when 'da' then 'danish'::regconfig when 'de' then 'german'::regconfig
  when 'el' then 'greek'::regconfig when 'en' then 'english'::regconfig when 'es' then 'spanish'::regconfig
  when 'fi' then 'finnish'::regconfig when 'fr' then 'french'::regconfig when 'hu' then 'hungarian'::regconfig
  when 'it' then 'italian'::regconfig when 'nl' then 'dutch'::regconfig when 'no' then 'norwegian'::regconfig
  when 'pt' then 'portuguese'::regconfig when 'ro' then 'romanian'::regconfig when 'ru' then 'russian'::regconfig
  when 'sv' then 'swedish'::regconfig when 'tr' then 'turkish'::regconfig
  else 'simple'::regconfig
end;

create table page (
  id bigint generated always as identity primary key,
  path text not null unique,
  lang text not null default 'en',
  kind text not null default 'page',
  title text not null,
  description text not null default '',
  body text not null default '',
  tags text[] not null default '{}',
  meta jsonb not null default '{}',
  content_hash text not null,
  build text not null,
  draft boolean not null default false,
  published_at timestamptz not null default now(),
  tsv tsvector not null generated always as (
    setweight(to_tsvector(rivage_config(lang), title), 'A')
    || setweight(to_tsvector(rivage_config(lang), description), 'B')
    || setweight(to_tsvector(rivage_config(lang), left(body, 200000)), 'C')
  ) stored
);
create index page_tsv on page using gin (tsv);
create index page_tags on page using gin (tags);
create index page_published on page (published_at desc, path desc) include (title) where not draft;
create index page_kind on page (kind, published_at desc, path desc) where not draft;

create table chunk (
  page_id bigint not null references page on delete cascade,
  ord integer not null,
  heading text not null default '',
  anchor text not null default '',
  text text not null,
  content_hash text not null,
  primary key (page_id, ord)
);

create table link (
  src bigint not null references page on delete cascade,
  dst bigint not null references page on delete cascade,
  kind text not null default 'link',
  weight real not null default 1,
  primary key (src, dst, kind)
);
create index link_back on link (dst, src);

-- The numbers of cache tags: counted up, an answer under the old number is never shown again.
create table cache_epoch (
  tag text primary key,
  epoch bigint not null
);
