-- GET /api/v1/admin/accounts
-- All accounts, by address.
-- @auth role:admin
-- @param after text query optional length 1..254 -- the address of the last account of the list before
-- @param limit int4 query default 50 range 1..200
-- @returns many
-- @name admin_accounts

select a.id, a.email, a.role, a.created_at, a.disabled_at, count(s.id) as sessions, max(s.last_seen_at) as last_seen_at
  from (select * from account where true /*?after and lower(email) > lower(:after) ?*/ order by lower(email) limit :limit) as a
  left join session s on s.account_id = a.id and s.revoked_at is null and s.rotated_at is null and s.expires_at > now()
 group by a.id, a.email, a.role, a.created_at, a.disabled_at order by lower(a.email) limit :limit
