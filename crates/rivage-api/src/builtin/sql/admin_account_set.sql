-- PATCH /api/v1/admin/accounts/{id}
-- Changes the role of an account, or closes and opens it. All its sessions end: a new role begins with a new login.
-- @auth role:admin
-- @param id       uuid path
-- @param role     text body optional pattern ^[a-z][a-z0-9_]{0,62}$
-- @param disabled bool body optional
-- @returns one
-- @name admin_set_account

update session set revoked_at = now() where account_id = :id and revoked_at is null;

update account
   set role = coalesce(:role, role),
       disabled_at = case when :disabled then coalesce(disabled_at, now()) when not :disabled then null else disabled_at end
 where id = :id
returning id, email, role, created_at, disabled_at
