-- PATCH /api/v1/admin/accounts/{id}
-- Changes the role of an account, or closes and opens it. All its sessions end then: a new role begins with a new login.
--
-- Nobody can close the account that calls, or take the role `admin` from it: the last administrator stays.
-- @auth role:admin
-- @param id       uuid path
-- @param role     text body optional pattern ^[a-z][a-z0-9_]{0,62}$
-- @param disabled bool body optional
-- @returns one
-- @name admin_set_account

select rivage_refuse('PT409', 'the account that calls stays an administrator')
 where :id = :auth.sub::uuid and (coalesce(:disabled, false) or coalesce(:role, 'admin') <> 'admin');

with was as (
  select id, role, disabled_at from account where id = :id for update
), changed as (
  update account a
     set role = coalesce(:role, was.role),
         disabled_at = case when :disabled then coalesce(was.disabled_at, now()) when not :disabled then null else was.disabled_at end
    from was
   where a.id = was.id and (coalesce(:role, was.role) <> was.role or coalesce(:disabled, was.disabled_at is not null) <> (was.disabled_at is not null))
  returning a.id, a.role, a.disabled_at
), ended as (
  update session s set revoked_at = now() from changed where s.account_id = changed.id and s.revoked_at is null
), noted as (
  insert into audit (account_id, action, target, detail, request)
  select :auth.sub::uuid, 'admin_set_account', id::text, jsonb_strip_nulls(jsonb_build_object('role', :role, 'disabled', :disabled)), :request.id
    from changed
)
select a.id, a.email, coalesce(c.role, a.role) as role, a.created_at, case when c.id is null then a.disabled_at else c.disabled_at end as disabled_at
  from account a left join changed c on c.id = a.id where a.id = :id
