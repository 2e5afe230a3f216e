-- POST /api/notes
-- Writes a note.
-- @auth none
-- @param text text body length 1..200
-- @param tag  text body default none length 1..20
-- @purge note
-- @status 201
-- @returns one

insert into note (text, tag) values (:text, :tag) returning id, text, tag
