-- GET /api/v1/admin/sessions
-- The open sessions of all accounts, the last seen first.
-- @auth role:admin
-- @param account uuid query optional
-- @param limit   int4 query default 50 range 1..200
-- @returns many
-- @name admin_sessions

select s.id, s.kind, s.account_id, a.email, s.created_at, s.last_seen_at, s.expires_at
  from session s join account a on a.id = s.account_id
 where s.revoked_at is null and s.rotated_at is null and s.expires_at > now()
 /*?account and s.account_id = :account ?*/
 order by s.last_seen_at desc, s.id limit :limit
