-- GET /api/mine
-- Who calls.
-- @auth session bearer
-- @returns one

select :auth.sub::text as sub, :auth.role::text as role
