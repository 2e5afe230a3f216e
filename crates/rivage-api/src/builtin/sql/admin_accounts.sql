-- GET /api/v1/admin/accounts
-- All accounts, by address.
-- @auth role:admin
-- @param after text query optional length 1..254 -- the address of the last account of the list before
-- @param limit int4 query default 50 range 1..200
-- @returns many
-- @name admin_accounts

select id, email, role, created_at, disabled_at from account
 where true /*?after and lower(email) > lower(:after) ?*/
 order by lower(email) limit :limit
