-- The database `rivage`, its three roles and what they may do. Run by database.sh as the superuser, any number of times.
\set ON_ERROR_STOP on
set client_min_messages = warning;

-- Owns the tables and migrates them; writes rows; reads rows. None of them is a superuser, or may make roles or databases.
select format('create role %I login', name)
  from unnest(array['rivage_owner', 'rivage_rw', 'rivage_ro']) as name
 where not exists (select from pg_roles where rolname = name) \gexec

alter role rivage_rw set statement_timeout = '10s';
alter role rivage_rw set idle_in_transaction_session_timeout = '5s';
alter role rivage_ro set statement_timeout = '5s';
alter role rivage_ro set idle_in_transaction_session_timeout = '5s';
-- What a route that reads may do is decided here, and not by the route.
alter role rivage_ro set default_transaction_read_only = on;
-- `rivage db slow` shows the statements of all three.
grant pg_read_all_stats to rivage_owner;

select 'create database rivage owner rivage_owner' where not exists (select from pg_database where datname = 'rivage') \gexec
revoke all on database rivage from public;
grant connect on database rivage to rivage_rw, rivage_ro;

\connect rivage
set client_min_messages = warning;

-- TimescaleDB wants to be the first of a connection.
select format('create extension %I', name)
  from unnest(array['timescaledb', 'pg_cron', 'pg_stat_statements', 'pg_trgm', 'postgis', 'vector']) with ordinality as wanted(name, place)
 where exists (select from pg_available_extensions as there where there.name = wanted.name and there.installed_version is null)
 order by place \gexec

select 'grant usage on schema cron to rivage_owner' where exists (select from pg_namespace where nspname = 'cron') \gexec

-- For the tables that migrations make.
alter default privileges for role rivage_owner in schema public grant select on tables to rivage_ro;
alter default privileges for role rivage_owner in schema public grant select, insert, update, delete on tables to rivage_rw;
alter default privileges for role rivage_owner in schema public grant usage on sequences to rivage_rw;

-- Parallel builds of the HNSW index can write beyond their memory before 0.8.2 (CVE-2026-3172); without workers nothing is parallel.
select format('alter database rivage %s max_parallel_maintenance_workers %s',
              case when flawed then 'set' else 'reset' end, case when flawed then '= 0' else '' end)
  from (select string_to_array(extversion, '.')::int[] < array[0, 8, 2] from pg_extension where extname = 'vector') as version(flawed) \gexec
