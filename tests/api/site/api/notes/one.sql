-- GET /api/notes/{id}
-- @auth none
-- @param id int8 path range 1..
-- @returns one
-- @name get_note

select id, title, shout(title) as loud from note where id = :id
