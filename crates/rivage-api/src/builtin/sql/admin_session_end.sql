-- DELETE /api/v1/admin/sessions/{id}
-- Ends a session of any account, and all tokens that followed from it.
-- @auth role:admin
-- @param id uuid path
-- @returns one
-- @name admin_end_session

with chosen as (
  select id, family, account_id from session where id = :id
), ended as (
  update session s set revoked_at = now() from chosen where s.family = chosen.family and s.revoked_at is null returning s.id
), gone as (
  select id, account_id from chosen where exists (select from ended)
), noted as (
  insert into audit (account_id, action, target, detail, request)
  select :auth.sub::uuid, 'admin_end_session', id::text, jsonb_build_object('account', account_id), :request.id from gone
)
select id from gone
