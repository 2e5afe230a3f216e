-- GET /api/v1/admin/errors
-- Errors of the API and of browsers, those of the last moment first.
-- @auth role:admin
-- @param days   int4 query default 7 range 1..90
-- @param source enum(any, api, browser) query default any
-- @param limit  int4 query default 50 range 1..200
-- @returns many
-- @name admin_errors

select day, source, place, code, message, build, count, first_at, last_at, request as request_id
  from error_day where day > current_date - :days /*#source any: | api: and source = 'api' | browser: and source = 'browser' #*/
 order by last_at desc, kind limit :limit
