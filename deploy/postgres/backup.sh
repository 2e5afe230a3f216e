#!/bin/sh
# rivage-backup: copies of the database, and the way back. Run as `postgres`.
#
#   init            makes the repository's stanza, and sees whether WAL arrives there
#   full | incr     makes a backup: of everything, or of what has changed since the last one
#   verify          reads every file of the repository and compares it with its checksum
#   dump            a second copy that needs no tool but pg_restore; DUMP_KEEP of them are kept in DUMP_FOLDER
#   restore TIME    brings data back as they were at TIME (`2026-01-31 03:12:00+00`); the server must not run
#   info            lists the backups
#
# The repository: conf.d/repo.conf in the folder of pgBackRest's settings. Our own settings: /etc/rivage/backup.env.
set -eu

PGBACKREST_CONFIG_PATH=${PGBACKREST_CONFIG_PATH:-/etc/pgbackrest}
export PGBACKREST_CONFIG_PATH
settings=${RIVAGE_BACKUP_SETTINGS:-/etc/rivage/backup.env}
DUMP_FOLDER=/var/backups/rivage DUMP_KEEP=7 DUMP_RECIPIENT='' DUMP_THEN='' ALERT_URL=''
# shellcheck source=/dev/null
if [ -r "$settings" ]; then . "$settings"; fi

command=${1:-}

fail() {
  echo "rivage-backup: $*" >&2
  exit 1
}

# A backup that fails at night must not be found out when it is needed.
tell() {
  status=$?
  [ "$status" != 0 ] || return 0
  echo "rivage-backup: \`$command\` failed ($status)" >&2
  if [ -n "$ALERT_URL" ]; then
    curl -fsS -m 20 -H 'content-type: application/json' \
      -d "{\"text\": \"rivage-backup $command failed on $(uname -n)\"}" "$ALERT_URL" >/dev/null || echo "rivage-backup: nobody could be told" >&2
  fi
  exit "$status"
}

# The stanza stands on the command line: a restore writes what stands there into the server's way back to its WAL, and nothing of variables.
backrest() {
  pgbackrest --stanza=rivage "$@"
}

needs_repository() {
  [ -r "$PGBACKREST_CONFIG_PATH/conf.d/repo.conf" ] || fail "there is no repository: $PGBACKREST_CONFIG_PATH/conf.d/repo.conf is missing, or \`$(id -un)\` may not read it"
}

dump() {
  umask 077
  mkdir -p "$DUMP_FOLDER"
  file=$DUMP_FOLDER/rivage-$(date -u +%Y%m%dT%H%M%SZ).dump
  # Written whole or not at all; what was broken off is of no use.
  rm -f "$DUMP_FOLDER"/rivage-*.part*
  if [ -n "$DUMP_RECIPIENT" ]; then
    file=$file.age
    pg_dump -Fc -d "${PGDATABASE:-rivage}" -f "$file.part.plain"
    age -r "$DUMP_RECIPIENT" -o "$file.part" "$file.part.plain"
    rm "$file.part.plain"
  else
    pg_dump -Fc -d "${PGDATABASE:-rivage}" -f "$file.part"
    pg_restore -l "$file.part" >/dev/null
  fi
  mv "$file.part" "$file"
  # Names have the time in them: the oldest come first.
  for old in $(find "$DUMP_FOLDER" -maxdepth 1 -name 'rivage-*.dump*' ! -name '*.part*' | sort | head -n "-$DUMP_KEEP"); do
    rm -f "$old"
  done
  echo "$file"
  # For a copy elsewhere: a command that gets the file's name.
  [ -z "$DUMP_THEN" ] || $DUMP_THEN "$file"
}

case $command in
  init)
    needs_repository
    backrest stanza-create
    backrest check
    ;;
  full | incr)
    trap tell EXIT
    needs_repository
    backrest --type="$command" backup
    ;;
  verify)
    trap tell EXIT
    needs_repository
    # Damaged files are told, and are no failure to pgBackRest itself.
    told=$(backrest --log-level-console=off --output=text --verbose verify)
    echo "$told"
    case $told in *'status: ok'*) ;; *) fail "the repository is damaged: make a full backup now, and look for the cause" ;; esac
    ;;
  dump)
    trap tell EXIT
    dump
    ;;
  restore)
    [ -n "${2:-}" ] || fail "to which time? \`rivage-backup restore '2026-01-31 03:12:00+00'\`"
    needs_repository
    backrest --delta --type=time --target="$2" --target-action=promote restore
    ;;
  info)
    needs_repository
    backrest info
    ;;
  *)
    sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
