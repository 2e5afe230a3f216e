-- PATCH /api/v1/admin/submissions/{id}
-- Marks what was sent in a form: as read (`done`), unread (`new`) or spam, with or without a star.
-- @auth role:admin
-- @param id      uuid path
-- @param state   enum(new, done, spam) body optional
-- @param starred bool body optional
-- @returns one
-- @name admin_set_submission

with changed as (
  update submission s set state = coalesce(:state, s.state), starred = coalesce(:starred, s.starred)
   where s.id = :id and (coalesce(:state, s.state) <> s.state or coalesce(:starred, s.starred) <> s.starred)
  returning s.id, s.state, s.starred
), noted as (
  insert into audit (account_id, action, target, detail, request)
  select :auth.sub::uuid, 'admin_set_submission', id::text, jsonb_strip_nulls(jsonb_build_object('state', :state, 'starred', :starred)), :request.id
    from changed
)
select s.id, s.form, s.at, coalesce(c.state, s.state) as state, coalesce(c.starred, s.starred) as starred
  from submission s left join changed c on c.id = s.id where s.id = :id
