-- PATCH /api/v1/admin/submissions/{id}
-- Marks what was sent in a form.
-- @auth role:admin
-- @param id    uuid path
-- @param state enum(new, done, spam) body
-- @returns one
-- @name admin_set_submission

update submission set state = :state where id = :id returning id, form, at, state
