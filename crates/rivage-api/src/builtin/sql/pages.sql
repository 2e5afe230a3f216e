-- GET /api/v1/pages
-- The published pages, newest first.
--
-- Pages without a date come last; their `published_at` is null. For the next page of the list, `after` is the `path` of the last page of this one.
-- @auth none
-- @param kind  text query optional length 1..40
-- @param tag   text query optional length 1..80
-- @param lang  text query optional length 2..20
-- @param after text query optional length 1..500
-- @param limit int4 query default 20 range 1..100
-- @cache 60s stale 10m error 1d tags page
-- @returns many
-- @name list_pages

select path, title, description, kind, lang, tags, nullif(published_at, 'epoch') as published_at from page
 where not draft
 /*?kind and kind = :kind ?*/ /*?tag and tags @> array[:tag] ?*/ /*?lang and lang = :lang ?*/
 /*?after and (published_at, path) < (select published_at, path from page where path = :after) ?*/
 order by page.published_at desc, page.path desc limit :limit
