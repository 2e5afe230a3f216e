-- DELETE /api/v1/auth/sessions/{id}
-- Ends one session of the account that calls, and all tokens that followed from it.
-- @auth session bearer
-- @param id uuid path
-- @returns one
-- @name end_session

update session s set revoked_at = now()
  from session chosen
 where chosen.id = :id and chosen.account_id = :auth.sub::uuid and s.family = chosen.family and s.revoked_at is null
returning chosen.id
