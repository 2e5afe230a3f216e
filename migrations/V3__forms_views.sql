-- What visitors send and look at. Views are numbers per day: no cookie, no address, nothing about a person.

create table submission (
  id uuid primary key default gen_random_uuid(),
  form text not null,
  at timestamptz not null default now(),
  state text not null default 'new' check (state in ('new', 'done', 'spam')),
  data jsonb not null
);
create index submission_form on submission (form, at desc, id);
create index submission_new on submission (at desc) where state = 'new';

create table page_view_day (
  day date not null,
  path text not null,
  views bigint not null default 0,
  primary key (day, path)
);
create index page_view_path on page_view_day (path, day desc);
