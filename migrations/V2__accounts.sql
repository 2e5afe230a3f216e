-- Accounts, sessions and attempts to open them. Of tokens, only their SHA-256 is kept.

create table account (
  id uuid primary key default gen_random_uuid(),
  email text not null,
  password text not null,
  role text not null default 'member',
  created_at timestamptz not null default now(),
  disabled_at timestamptz
);
create unique index account_email on account (lower(email));

create table session (
  token_hash bytea primary key,
  id uuid not null default gen_random_uuid(),
  account_id uuid not null references account on delete cascade,
  kind text not null check (kind in ('cookie', 'refresh')),
  family uuid not null,
  created_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  expires_at timestamptz not null,
  rotated_at timestamptz,
  revoked_at timestamptz
);
create unique index session_id on session (id);
create index session_account on session (account_id) where revoked_at is null;
create index session_family on session (family);
create index session_expires on session (expires_at);

create unlogged table auth_attempt (
  key text primary key,
  since timestamptz not null,
  count integer not null
);
create index auth_attempt_since on auth_attempt (since);
