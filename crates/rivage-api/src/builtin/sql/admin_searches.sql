-- GET /api/v1/admin/searches
-- What was searched for most, and how many of the searches found nothing.
--
-- Counted in lower case and by day, without who asked. What is typed on its way to a longer query, and what looks like an address or a number of somebody's, is
-- not counted.
-- @auth role:admin
-- @param days  int4 query default 30 range 1..366
-- @param found enum(any, yes, no) query default any -- whether something was found
-- @param limit int4 query default 50 range 1..200
-- @returns many
-- @name admin_searches

select query, lang, sum(searches)::int8 as searches, sum(empty)::int8 as empty, max(day) as last_day
  from search_day where day > current_date - :days
 group by query, lang /*#found any: | yes: having sum(empty) < sum(searches) | no: having sum(empty) > 0 #*/
 order by /*#found any: searches | yes: searches | no: empty #*/ desc, query, lang limit :limit
