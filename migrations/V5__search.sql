-- Search by parts of pages, help with misspelt words, search by meaning, places on the globe.
-- Extensions are used where the database has them: `rivage_use_extensions()` looks, and every `rivage db migrate` calls it again.

set local lock_timeout = '10s';

alter table chunk add column lang text not null default 'en';
update chunk set lang = page.lang from page where page.id = chunk.page_id and page.lang <> 'en';
-- The table is written anew for it: it holds what `rivage publish` has written, and is as small as the site.
-- squawk-ignore adding-field-with-default
alter table chunk add column tsv tsvector not null generated always as (
  setweight(to_tsvector(rivage_config(lang), heading), 'A')
  || setweight(to_tsvector(rivage_config(lang), left(text, 100000)), 'C')
) stored;

-- The words of all pages of a language, as the index has them.
create table search_word (
  lang text not null,
  word text not null,
  pages bigint not null,
  primary key (lang, word)
);

-- Writes them anew: what did not change is left alone.
create function rivage_refresh_words() returns void language plpgsql as $$
declare
  language text;
begin
  delete from search_word where lang not in (select lang from page where not draft);
  for language in select distinct lang from page where not draft loop
    with found as materialized (
      select word, ndoc from ts_stat(format('select tsv from page where not draft and lang = %L', language))
       where length(word) between 3 and 40 and word !~ '[0-9''\\]'
    ), gone as (
      delete from search_word known where known.lang = language and not exists (select from found where found.word = known.word)
    )
    insert into search_word as known (lang, word, pages) select language, word, ndoc from found
    on conflict (lang, word) do update set pages = excluded.pages where known.pages <> excluded.pages;
  end loop;
end $$;

-- The last word of a query as a beginning, too. A query that ends otherwise, such as one that only excludes, stays as it is.
create function rivage_prefix(query tsquery) returns tsquery language sql immutable parallel safe
return case when query::text like '%''' then (query::text || ':*')::tsquery when query::text <> '' then query end;

-- The same words, of which one is enough: for ranking parts of pages, of which none need have them all.
create function rivage_any(query tsquery) returns tsquery language sql immutable parallel safe
return replace(query::text, ' & ', ' | ')::tsquery;

-- Makes use of the extensions that are there, and stands in for those that are not. Answers what it found.
--
-- What stands in raises a code that the API answers with 501: RVVEC for `vector`, RVGIS for `postgis`.
create function rivage_use_extensions() returns text[] language plpgsql set client_min_messages = warning as $use$
declare
  present text[] := '{}';
begin
  -- It is trusted: who may create in the database may create it. The others take an administrator.
  if exists (select from pg_available_extensions where name = 'pg_trgm' and installed_version is null) then
    begin
      create extension pg_trgm schema public;
    exception when insufficient_privilege then null;
    end;
  end if;

  if exists (select from pg_extension where extname = 'pg_trgm') then
    present := present || 'pg_trgm'::text;
    execute 'create index if not exists search_word_similar on search_word using gin (word gin_trgm_ops)';
    -- Of each word that no page has, the most similar one that a page has. Nothing where there is none.
    execute $f$
      create or replace function rivage_mended(query tsquery, of_lang text) returns tsquery language plpgsql stable
      set pg_trgm.similarity_threshold = 0.25 as $$
      declare
        mended tsquery := query;
        written text;
        near text;
      begin
        for written in
          select distinct match[1] from regexp_matches(query::text, '''([^''\\]{3,40})''', 'g') as match limit 8
        loop
          continue when exists (select from search_word where lang = of_lang and word = written);
          select word into near from search_word
           where lang = of_lang and word % written and abs(length(word) - length(written)) <= 2
           order by similarity(word, written) desc, pages desc, word limit 1;
          if near is not null then
            mended := ts_rewrite(mended, quote_literal(written)::tsquery, quote_literal(near)::tsquery);
          end if;
        end loop;
        return case when mended::text <> query::text then mended end;
      end $$
    $f$;
  else
    execute $f$
      create or replace function rivage_mended(query tsquery, of_lang text) returns tsquery language sql immutable
      return null::tsquery
    $f$;
  end if;

  if exists (select from pg_extension where extname = 'vector') then
    present := present || 'vector'::text;
    -- Of a text, not of a place: what did not change keeps its vector when pages are published again.
    execute '
      create table if not exists chunk_embedding (
        content_hash text primary key,
        model text not null default '''',
        embedding vector(384) not null
      )';
    -- Parallel builds of this index have a flaw in versions before 0.8.2 (CVE-2026-3172).
    perform set_config('max_parallel_maintenance_workers', '0', true);
    execute 'create index if not exists chunk_embedding_near on chunk_embedding using hnsw (embedding vector_cosine_ops)';
    execute $f$
      create or replace function rivage_nearest(asked float8[], of_lang text, most integer)
      returns table (page_id bigint, ord integer, place bigint) language sql stable as $$
        with near as materialized (
          select content_hash, embedding <=> asked::vector as distance from chunk_embedding order by embedding <=> asked::vector limit most * 3
        ), pages as (
          select distinct on (c.page_id) c.page_id, c.ord, near.distance
            from near join chunk c on c.content_hash = near.content_hash join page p on p.id = c.page_id
           where not p.draft and p.lang = of_lang
           order by c.page_id, near.distance, c.ord
        )
        select page_id, ord, row_number() over (order by distance, page_id) from pages order by 3 limit most
      $$
    $f$;
  else
    execute $f$
      create or replace function rivage_nearest(asked float8[], of_lang text, most integer)
      returns table (page_id bigint, ord integer, place bigint) language plpgsql stable as $$
      begin
        raise exception 'the extension vector is not installed' using errcode = 'RVVEC';
      end $$
    $f$;
  end if;

  if exists (select from pg_extension where extname = 'postgis') then
    present := present || 'postgis'::text;
    execute '
      alter table place add column if not exists geog geography(point, 4326)
        generated always as (st_setsrid(st_makepoint(lon, lat), 4326)::geography) stored';
    execute 'create index if not exists place_geog on place using gist (geog)';
    execute $f$
      create or replace function rivage_places_near(of_lon float8, of_lat float8, of_kind text, most integer)
      returns table (id bigint, meters float8) language sql stable as $$
        select p.id, st_distance(p.geog, st_setsrid(st_makepoint(of_lon, of_lat), 4326)::geography)
          from place p where of_kind is null or p.kind = of_kind
         order by p.geog <-> st_setsrid(st_makepoint(of_lon, of_lat), 4326)::geography, p.id limit most
      $$
    $f$;
  else
    execute $f$
      create or replace function rivage_places_near(of_lon float8, of_lat float8, of_kind text, most integer)
      returns table (id bigint, meters float8) language plpgsql stable as $$
      begin
        raise exception 'the extension postgis is not installed' using errcode = 'RVGIS';
      end $$
    $f$;
  end if;
  return present;
end $use$;

select rivage_use_extensions();
select rivage_refresh_words();
