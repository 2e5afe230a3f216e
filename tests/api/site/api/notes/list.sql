-- GET /api/notes
-- Notes, newest first.
-- @auth none
-- @param tag   text query optional length 1..20 pattern ^[a-z]+$
-- @param sort  enum(newest, oldest) query default newest
-- @param limit int4 query default 20 range 1..50
-- @cache 60s error 1d tags note
-- @returns many
-- @name list_notes

select id, title, tag, likes from note
 where true /*?tag and tag = :tag ?*/
 /*#sort newest: order by id desc | oldest: order by id #*/
 limit :limit
