-- GET /api/v1/places/near
-- The places nearest to a point, with their distance in metres.
--
-- Without PostGIS: the hundred nearest on the plane, put in order on the sphere. Near the poles and the date line it may miss some.
-- @auth none
-- @param lon   float8 query range -180..180
-- @param lat   float8 query range -90..90
-- @param kind  text   query optional length 1..40
-- @param limit int4   query default 10 range 1..50
-- @cache 60s stale 10m error 1d tags place
-- @returns many
-- @name places_near

with near as (
  select * from place where true /*?kind and kind = :kind ?*/ order by pos <-> point(:lon, :lat) limit 100
)
select n.name, n.kind, n.lon, n.lat, n.props, p.path,
       2 * 6371008.8 * asin(least(1, sqrt(
         sin(radians(n.lat - :lat) / 2) ^ 2 + cos(radians(:lat)) * cos(radians(n.lat)) * sin(radians(n.lon - :lon) / 2) ^ 2
       ))) as meters
  from near n left join page p on p.id = n.page_id and not p.draft
 order by meters, n.id limit :limit
