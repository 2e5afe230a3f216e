-- GET /api/slow
-- Takes its time.
-- @auth none
-- @param seconds float8 query range 0..5
-- @returns one

select 'done' as state from (select pg_sleep(:seconds)) as slept
