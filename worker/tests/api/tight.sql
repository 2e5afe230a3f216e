-- GET /api/tight
-- May be asked five times a minute.
-- @auth none
-- @limit tight
-- @returns one

select 1 as one
