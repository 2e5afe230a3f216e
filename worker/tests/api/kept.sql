-- GET /api/kept
-- How many notes there are, kept for a while.
-- @auth none
-- @cache 60s stale 5m error 1d tags note
-- @returns one

select count(*) as notes, (select ticks from ticker) as ticks from note
