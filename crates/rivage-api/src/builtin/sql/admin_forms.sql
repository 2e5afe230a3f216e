-- GET /api/v1/admin/forms
-- The forms that something was sent in, with how much of it is unread.
-- @auth role:admin
-- @returns many
-- @name admin_forms

select form, count(*) as total, count(*) filter (where state = 'new') as unread, count(*) filter (where starred) as starred,
       count(*) filter (where state = 'spam') as spam, max(at) as last_at
  from submission group by form order by form limit 200
