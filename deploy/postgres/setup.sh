#!/bin/sh
# Makes a Debian 12 or 13 server the database of rivage: run as root, any number of times. A second run changes nothing.
#
#   setup.sh                        everything
#   setup.sh --domain db.example.org   the name that the certificate is for, the first time
#
# What may differ from server to server is in /etc/rivage/database.env, which the first run writes; change it there and run this again. Passwords are made
# at random and kept in /etc/rivage/passwords. No firewall is touched: the end of a run says what it should let through.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
major=$(sed -n 's/^postgresql-\([0-9]*\)$/\1/p' "$here/packages.txt")
settings=/etc/postgresql/$major/main
domain=

fail() {
  echo "setup.sh: $*" >&2
  exit 1
}

while [ $# -gt 0 ]; do
  case $1 in
    --domain) [ $# -gt 1 ] || fail "--domain needs a name"; domain=$2; shift 2 ;;
    *) fail "unknown: $1 (there is \`--domain NAME\`)" ;;
  esac
done
[ "$(id -u)" = 0 ] || fail "run it as root"

changes=0
changed() {
  changes=$((changes + 1))
  echo "setup.sh: $*"
}

# Writes standard input to a file, if it says something else: put FILE MODE OWNER GROUP
put() {
  new=$(mktemp)
  cat >"$new"
  if ! cmp -s "$new" "$1" || [ "$(stat -c '%a %U %G' "$1")" != "$2 $3 $4" ]; then
    install -D -m "$2" -o "$3" -g "$4" "$new" "$1"
    changed "wrote $1"
  fi
  rm -f "$new"
}

folder() { # FOLDER MODE OWNER GROUP
  if [ "$(stat -c '%a %U %G' "$1" 2>/dev/null)" != "$2 $3 $4" ]; then
    install -d -m "$2" -o "$3" -g "$4" "$1"
    changed "made $1"
  fi
}

# ------------------------------------------------------------------ packages
"$here/install.sh" server

# ------------------------------------------------------------------ what may differ
folder /etc/rivage 755 root root
if [ ! -e /etc/rivage/database.env ]; then
  put /etc/rivage/database.env 644 root root <<END
# Read by setup.sh. Change it, and run setup.sh again.
# The name that clients know the server by; the certificate is for it.
DOMAIN=${domain:-$(uname -n)}
PORT=5432
# Addresses that may come in from outside, as rivage_rw and rivage_ro, over TLS. Hyperdrive comes from Cloudflare's ranges, which change: the
# firewall is the better place for them.
CLIENTS="0.0.0.0/0 ::/0"
# Megabytes of memory that the database may plan with; empty: those of the machine.
MEMORY=
END
elif [ -n "$domain" ]; then
  fail "/etc/rivage/database.env is there already: write DOMAIN=$domain into it"
fi
DOMAIN='' PORT='' CLIENTS='' MEMORY=''
# shellcheck source=/dev/null
. /etc/rivage/database.env
case $PORT in '' | *[!0-9]*) fail "PORT in /etc/rivage/database.env is no number" ;; esac
[ -n "$DOMAIN" ] || fail "DOMAIN in /etc/rivage/database.env is empty"
memory=${MEMORY:-$(awk '/^MemTotal:/ { print int($2 / 1024) }' /proc/meminfo)}
case $memory in '' | *[!0-9]*) fail "MEMORY in /etc/rivage/database.env is no number" ;; esac

# ------------------------------------------------------------------ certificate
# Hyperdrive asks for TLS. It checks the certificate only where it was given one to check against; this one does for both.
folder /etc/rivage/tls 750 root postgres
if [ ! -e /etc/rivage/tls/server.key ]; then
  (
    umask 077
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj "/CN=$DOMAIN" -addext "subjectAltName=DNS:$DOMAIN" \
      -keyout /etc/rivage/tls/server.key -out /etc/rivage/tls/server.crt 2>/dev/null
  )
  chown root:postgres /etc/rivage/tls/server.key
  chmod 640 /etc/rivage/tls/server.key
  chmod 644 /etc/rivage/tls/server.crt
  changed "made a certificate for $DOMAIN"
fi

# ------------------------------------------------------------------ cluster
if [ ! -e "$settings/postgresql.conf" ]; then
  # The server is started below, when its settings are there.
  pg_createcluster "$major" main --start-conf auto --encoding UTF8 -- --data-checksums --locale-provider=builtin --locale=C.UTF-8 >/dev/null
  changed "made the cluster $major/main"
fi

# The smallest machines of hosters have 1, 2 and 4 GB. A quarter is the server's own; the rest is the system's cache, connections and backups.
if [ "$memory" -lt 1500 ]; then
  buffers=256MB cache=512MB work=4MB maintenance=64MB connections=60
elif [ "$memory" -lt 3000 ]; then
  buffers=512MB cache=1280MB work=8MB maintenance=128MB connections=100
else
  buffers=$((memory / 4))MB cache=$((memory * 5 / 8))MB work=16MB maintenance=256MB connections=120
fi
libraries=
for library in timescaledb pg_cron pg_stat_statements; do
  if [ -e "/usr/lib/postgresql/$major/lib/$library.so" ]; then libraries=$libraries${libraries:+,}$library; fi
done
put "$settings/conf.d/10-rivage.conf" 644 root root <"$here/settings.conf"
put "$settings/conf.d/20-rivage-server.conf" 644 root root <<END
# Written by setup.sh, from /etc/rivage/database.env and the machine's $memory MB.
listen_addresses = '*'
port = $PORT
shared_preload_libraries = '$libraries'
shared_buffers = $buffers
effective_cache_size = $cache
work_mem = $work
maintenance_work_mem = $maintenance
max_connections = $connections
ssl = on
ssl_cert_file = '/etc/rivage/tls/server.crt'
ssl_key_file = '/etc/rivage/tls/server.key'
# JSON, for \`rivage db slow\`; the log of the same day of last week is written over.
logging_collector = on
log_destination = 'jsonlog'
log_directory = '/var/log/postgresql'
log_filename = 'rivage-%a.log'
log_file_mode = 0640
log_rotation_age = 1d
log_rotation_size = 0
log_truncate_on_rotation = on
END
put "$settings/pg_hba.conf" 640 postgres postgres <<END
# Written by setup.sh, from /etc/rivage/database.env.
# TYPE   DATABASE  USER                               ADDRESS       METHOD
local    all       postgres                                         peer
local    all       all                                              scram-sha-256
host     all       postgres                           all           reject
# From here, and through a tunnel of ssh: migrations and publishing.
host     rivage    rivage_owner,rivage_rw,rivage_ro   127.0.0.1/32  scram-sha-256
host     rivage    rivage_owner,rivage_rw,rivage_ro   ::1/128       scram-sha-256
# Hyperdrive.
$(for address in $CLIENTS; do printf 'hostssl  rivage    rivage_rw,rivage_ro                %s  scram-sha-256\n' "$address"; done)
host     all       all                                all           reject
END

# ------------------------------------------------------------------ backups
put /usr/local/bin/rivage-backup 755 root root <"$here/backup.sh"
put /etc/pgbackrest/pgbackrest.conf 640 root postgres <"$here/pgbackrest.conf"
folder /etc/pgbackrest/conf.d 750 root postgres
folder /var/backups/rivage 700 postgres postgres
if [ ! -e /etc/pgbackrest/conf.d/cipher.conf ]; then
  put /etc/pgbackrest/conf.d/cipher.conf 640 root postgres <<END
# Without this passphrase no backup can be read: keep a copy at another place. Made by setup.sh.
[global]
repo1-cipher-pass=$(openssl rand -base64 48)
END
fi
put /etc/pgbackrest/conf.d/port.conf 640 root postgres <<END
[rivage]
pg1-port=$PORT
END
for unit in "$here"/systemd/*; do
  put "/etc/systemd/system/${unit##*/}" 644 root root <"$unit"
done

# ------------------------------------------------------------------ the server runs
has_systemd() {
  [ -d /run/systemd/system ]
}

server() { # start, reload or restart
  if has_systemd; then systemctl "$1" "postgresql@$major-main"; else pg_ctlcluster "$major" main "$1"; fi
}

as_postgres() {
  setpriv --reuid=postgres --regid=postgres --init-groups env -C / PGHOST=/run/postgresql PGPORT="$PORT" "$@"
}

before=$changes
if ! pg_ctlcluster "$major" main status >/dev/null 2>&1; then
  server start
  changed "started the server"
elif [ "$before" != 0 ]; then
  server reload
  # The port is what it was until it is started anew.
  running=$(sed -n 4p "/var/lib/postgresql/$major/main/postmaster.pid")
  pending=$(as_postgres env PGPORT="$running" psql -qAtX -c 'select pg_sleep(0.5)' -c 'select count(*) from pg_settings where pending_restart' | tail -n 1)
  if [ "$pending" != 0 ]; then
    server restart
    changed "restarted the server, for $pending settings"
  fi
fi

# ------------------------------------------------------------------ roles, database, extensions
if [ ! -e /etc/rivage/passwords ]; then
  # Written empty first: nobody else ever reads it.
  put /etc/rivage/passwords 640 root postgres <<END
$(for role in rivage_owner rivage_rw rivage_ro; do echo "$role $(openssl rand -hex 24)"; done)
END
fi
for file in database.sh database.sql; do
  put "/usr/local/share/rivage/$file" 755 root root <"$here/$file"
done
done_now=$(as_postgres RIVAGE_PASSWORDS=/etc/rivage/passwords /usr/local/share/rivage/database.sh)
if [ -n "$done_now" ]; then
  changed "$done_now"
fi

# ------------------------------------------------------------------ security updates
put /etc/apt/apt.conf.d/20auto-upgrades 644 root root <<'END'
APT::Periodic::Update-Package-Lists "1";
APT::Periodic::Unattended-Upgrade "1";
END
# Debian's own security updates are on by default. Those of PostgreSQL come from its project; they restart the server, which takes a second.
put /etc/apt/apt.conf.d/52rivage 644 root root <<'END'
Unattended-Upgrade::Origins-Pattern { "origin=apt.postgresql.org"; };
Unattended-Upgrade::Remove-Unused-Dependencies "true";
END

# ------------------------------------------------------------------ timers
if has_systemd; then
  [ "$before" = 0 ] || systemctl daemon-reload
  systemctl enable -q --now unattended-upgrades apt-daily.timer apt-daily-upgrade.timer
  for name in full incr dump verify; do
    # Without a repository only the dumps have something to do.
    if [ "$name" = dump ] || [ -e /etc/pgbackrest/conf.d/repo.conf ]; then systemctl enable -q --now "rivage-backup-$name.timer"; fi
  done
fi

if [ "$changes" = 0 ]; then
  echo "setup.sh: nothing to change"
  exit 0
fi
cat <<END

The database runs at $DOMAIN:$PORT. What is left to you:
- The firewall: let TCP $PORT in from Cloudflare's ranges alone (https://www.cloudflare.com/ips/), and ssh from where you work.
- Passwords are in /etc/rivage/passwords; the tables are made by \`rivage db migrate\` through \`ssh -L\`.
END
if [ ! -e /etc/pgbackrest/conf.d/repo.conf ]; then
  cat <<'END'
- NOTHING IS BACKED UP YET but a daily dump on this machine: make /etc/pgbackrest/conf.d/repo.conf, then run
  `runuser -u postgres -- rivage-backup init`, and setup.sh again.
- Keep a copy of /etc/pgbackrest/conf.d/cipher.conf at another place: without it no backup can be read.
END
fi
