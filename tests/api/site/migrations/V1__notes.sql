-- A semicolon; in a comment.
create table note (
  id bigint generated always as identity primary key,
  account_id uuid references account on delete set null,
  title text not null unique check (title <> 'forbidden; word'),
  tag text not null default 'harbour',
  likes integer not null default 0
);

create function shout(words text) returns text language sql immutable
begin atomic
  select upper(words);
end;

insert into note (title, tag) values ('First; light', 'light'), ('Second', 'harbour'), ('Third', 'light');
