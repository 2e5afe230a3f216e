-- DELETE /api/v1/admin/submissions/{id}
-- Removes what was sent in a form.
-- @auth role:admin
-- @param id uuid path
-- @returns one
-- @name admin_delete_submission

with gone as (
  delete from submission where id = :id returning id, form
), noted as (
  insert into audit (account_id, action, target, detail, request)
  select :auth.sub::uuid, 'admin_delete_submission', id::text, jsonb_build_object('form', form), :request.id from gone
)
select id from gone
