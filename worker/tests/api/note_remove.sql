-- DELETE /api/notes/{id}
-- Removes a note.
-- @auth none
-- @param id int4 path range 1..1000000
-- @returns none

delete from note where id = :id
