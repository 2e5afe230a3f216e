-- GET /api/fifty
-- Fifty rows.
-- @auth none
-- @returns many

select n as id, 'title of ' || n as title, n % 2 = 0 as even, n * 1.5::float8 as score from generate_series(1, 50) as n
