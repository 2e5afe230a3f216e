-- GET /api/notes/{id}
-- A note.
-- @auth none
-- @param id int4 path range 1..1000000
-- @returns one

select id, text, tag, at is not null as dated, price from note where id = :id
