#!/bin/sh
# Whether the image's database answers: TCP is open, which it is not before set-up is done, and a query is answered.
set -eu
: "${PGPORT:=5432}"
export PGPORT PGCONNECT_TIMEOUT=3
# A role that may come in: else each look would be a line in the log.
pg_isready -q -h 127.0.0.1 -U rivage_ro -d rivage
[ "$(id -u)" != 0 ] || exec setpriv --reuid=postgres --regid=postgres --init-groups "$0"
[ "$(psql -qAtX -h /run/postgresql -U postgres -d rivage -c 'select 1')" = 1 ]
