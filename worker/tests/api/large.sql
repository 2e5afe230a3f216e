-- GET /api/large
-- More than an answer may have.
-- @auth none
-- @param times int4 query range 1..100000
-- @returns many

select repeat('x', 1000) as text from generate_series(1, :times) as n
