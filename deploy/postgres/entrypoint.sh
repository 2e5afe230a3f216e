#!/bin/sh
# The first process of the image. As root it hands folders and the password over and becomes `postgres`; as `postgres` it makes the cluster if there is
# none, sets roles and extensions up while nobody can connect, and becomes the server.
set -eu

files=/etc/rivage
major=$(sed -n 's/^postgresql-\([0-9]*\)$/\1/p' $files/packages.txt)
PATH=/usr/lib/postgresql/$major/bin:$PATH
: "${PGDATA:=/var/lib/postgresql/data/$major}" "${PGPORT:=5432}" "${POSTGRES_PASSWORD_FILE:=/run/secrets/postgres_password}"
export PATH PGDATA PGPORT PGHOST=/run/postgresql RIVAGE_PASSWORDS=/run/rivage/passwords

fail() {
  echo "rivage-db: $*" >&2
  exit 1
}

if [ "$(id -u)" = 0 ]; then
  [ -r "$POSTGRES_PASSWORD_FILE" ] || fail "there is no password: make the file that docker-compose.yml names, or mount one at $POSTGRES_PASSWORD_FILE"
  password=$(head -n 1 "$POSTGRES_PASSWORD_FILE")
  case $password in *[!A-Za-z0-9_.~-]*) fail "the password may have letters, digits and -._~ only: it becomes a part of URLs" ;; esac
  [ "${#password}" -ge 16 ] || fail "the password has fewer than 16 characters: \`openssl rand -hex 24\` makes a good one"
  install -d -m 700 -o postgres -g postgres "$(dirname "$PGDATA")" /run/rivage
  install -d -m 775 -o postgres -g postgres /run/postgresql
  install -m 600 -o postgres -g postgres /dev/null "$RIVAGE_PASSWORDS"
  printf '%s %s\n' rivage_owner "$password" rivage_rw "$password" rivage_ro "$password" >"$RIVAGE_PASSWORDS"
  exec setpriv --reuid=postgres --regid=postgres --init-groups --inh-caps=-all "$0" "$@"
fi

if [ ! -s "$PGDATA/PG_VERSION" ]; then
  # Renamed when it is whole: one that was broken off is begun anew.
  rm -rf "$PGDATA.new"
  initdb -D "$PGDATA.new" -U postgres --auth-local=peer --auth-host=scram-sha-256 -E UTF8 --locale-provider=builtin --locale=C.UTF-8 --data-checksums >/dev/null
  mv "$PGDATA.new" "$PGDATA"
fi

# With TCP open, migrations would race the creation of the extensions, and anybody the setting of passwords.
log=/run/rivage/setup.log
if ! pg_ctl -D "$PGDATA" -s -w -t 600 -l $log -o "-c config_file=$files/container.conf -c listen_addresses= -c cron.launch_active_jobs=off" start; then
  cat $log >&2
  fail "the server does not start"
fi
"$files/database.sh"
pg_ctl -D "$PGDATA" -s -w -m fast stop
rm -f "$RIVAGE_PASSWORDS" $log
echo "rivage-db: set up; now TCP opens"
exec postgres -D "$PGDATA" -c config_file=$files/container.conf "$@"
