-- GET /api/v1/places/near
-- The places nearest to a point, with their distance in metres along the globe.
--
-- Needs the extension `postgis`.
-- @auth none
-- @param lon   float8 query range -180..180
-- @param lat   float8 query range -90..90
-- @param kind  text   query optional length 1..40
-- @param limit int4   query default 10 range 1..50
-- @cache 60s stale 10m error 1d tags place
-- @returns many
-- @name places_near

select n.name, n.kind, n.lon, n.lat, n.props, p.path, near.meters
  from rivage_places_near(:lon, :lat, :kind, :limit) as near
  join place n on n.id = near.id left join page p on p.id = n.page_id and not p.draft
 order by near.meters, n.id limit :limit
