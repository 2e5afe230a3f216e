-- GET /api/v1/admin/audit
-- What administrators have changed, the last first.
-- @auth role:admin
-- @param action  text query optional pattern ^[a-z_]{1,63}$ -- the name of a route
-- @param account uuid query optional
-- @param after   int8 query optional range 1.. -- the id of the last entry of the list before
-- @param limit   int4 query default 50 range 1..200
-- @returns many
-- @name admin_audit

select n.id, n.at, n.account_id, a.email, n.action, n.target, n.detail, n.request as request_id
  from audit n left join account a on a.id = n.account_id
 where true /*?action and n.action = :action ?*/ /*?account and n.account_id = :account ?*/ /*?after and n.id < :after ?*/
 order by n.id desc limit :limit
