-- DELETE /api/v1/auth/sessions
-- Ends all sessions of the account that calls.
-- @auth session bearer
-- @returns none
-- @name end_all_sessions

update session set revoked_at = now() where account_id = :auth.sub::uuid and revoked_at is null
