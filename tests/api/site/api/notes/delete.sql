-- DELETE /api/notes/{id}
-- @auth role:admin
-- @param id int8 path
-- @purge note
-- @returns none
-- @name delete_note

delete from note where id = :id
