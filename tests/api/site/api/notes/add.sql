-- POST /api/notes
-- @auth session bearer
-- @param title text body length 1..80
-- @param tag text body default harbour length 1..20
-- @purge note
-- @returns one
-- @status 201
-- @name add_note

insert into note (title, tag, account_id) values (:title, :tag, :auth.sub::uuid) returning id, title, tag
