-- DELETE /api/v1/admin/submissions/{id}
-- Removes what was sent in a form.
-- @auth role:admin
-- @param id uuid path
-- @returns one
-- @name admin_delete_submission

delete from submission where id = :id returning id
