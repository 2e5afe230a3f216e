-- GET /api/v1/page
-- One published page with its text.
-- @auth none
-- @param path text query length 1..500 -- the page's URL path, such as `/guides/`
-- @cache 60s stale 10m error 1d tags page
-- @returns one
-- @name get_page

select path, title, description, kind, lang, tags, nullif(published_at, 'epoch') as published_at, meta, body from page where path = :path and not draft
