-- GET /api/v1/auth/me
-- The account that calls.
-- @auth session bearer
-- @returns one
-- @name me

select id, email, role, created_at from account where id = :auth.sub::uuid and disabled_at is null
