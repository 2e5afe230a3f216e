-- GET /api/ships
-- @auth none
-- @param limit int4 qeury default 20
-- @returns many

select name from ship limit :limit
