-- GET /api/v1/auth/sessions
-- The open sessions of the account that calls.
-- @auth session bearer
-- @returns many
-- @name list_sessions

select id, kind, created_at, last_seen_at, expires_at from session
 where account_id = :auth.sub::uuid and revoked_at is null and rotated_at is null and expires_at > now()
 order by last_seen_at desc, id limit 100
