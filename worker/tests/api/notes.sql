-- GET /api/notes
-- Notes, newest first.
-- @auth none
-- @param tag   text query optional pattern ^[a-z]{1,20}$
-- @param sort  enum(newest, oldest) query default newest
-- @param limit int4 query default 20 range 1..100
-- @returns many

select id, text, tag from note
 where true /*?tag and tag = :tag ?*/
 /*#sort newest: order by id desc | oldest: order by id #*/
 limit :limit
