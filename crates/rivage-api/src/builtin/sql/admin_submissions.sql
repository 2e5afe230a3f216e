-- GET /api/v1/admin/submissions
-- What was sent in forms, newest first. What is `new` was not read yet.
-- @auth role:admin
-- @param form    text query optional length 1..63
-- @param state   enum(new, done, spam) query optional
-- @param starred bool query optional
-- @param after   uuid query optional -- the id of the last entry of the list before
-- @param limit   int4 query default 50 range 1..200
-- @returns many
-- @name admin_submissions

select id, form, at, state, starred, data from submission
 where true /*?form and form = :form ?*/ /*?state and state = :state ?*/ /*?starred and starred = :starred ?*/
 /*?after and (at, id) < (select at, id from submission where id = :after) ?*/
 order by at desc, id desc limit :limit
