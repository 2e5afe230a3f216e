#!/bin/sh
# Makes the database, its roles, their passwords and its extensions, or brings them up to date: run as `postgres`, with the socket's folder in PGHOST
# and the port in PGPORT. RIVAGE_PASSWORDS names a file with a role and its password on each line.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
: "${RIVAGE_PASSWORDS:?names no file}"

# Nothing of this belongs in a log.
quiet='-c log_min_error_statement=panic -c log_min_duration_statement=-1 -c log_min_duration_sample=-1'

as_superuser() {
  PGOPTIONS=$quiet psql -qAtX -v ON_ERROR_STOP=1 -U postgres "$@"
}

as_superuser -d postgres -f "$here/database.sql"

# A password that holds is left: a new one would have another salt, and be a change.
while read -r role password; do
  if PGPASSWORD=$password psql -qAtX -U "$role" -d rivage -c 'select' >/dev/null 2>&1; then continue; fi
  # From standard input: what a command line has, others on the machine can read.
  printf '%s\n' "\\set role '$role'" "\\set password '$password'" "alter role :\"role\" password :'password';" |
    as_superuser -d postgres
  echo "database.sh: the password of $role is set"
done <"$RIVAGE_PASSWORDS"

# New packages may have brought newer extensions. Each in a connection of its own, as TimescaleDB wants it.
as_superuser -d rivage -c "select name from pg_available_extensions where installed_version <> default_version order by name <> 'timescaledb', name" |
  while read -r name; do
    as_superuser -d rivage -c "alter extension \"$name\" update"
    echo "database.sh: $name is brought up to date"
  done
