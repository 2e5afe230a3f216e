-- GET /api/scarce
-- @auth none
-- @limit scarce
-- @returns one

select 1 as here
