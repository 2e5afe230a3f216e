#!/bin/sh
# Installs what packages.txt names: `install.sh` for an image, `install.sh server` for a server. Nothing happens where all is installed.
#
# RIVAGE_APT=pgdg (the default) takes PostgreSQL from the PostgreSQL project's own repository, of which Debian has the key: there pgvector is newer
# than the flaw of 0.8.0, and Debian 12 finds version 17. RIVAGE_APT=debian uses what Debian 13 itself has.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
kind=${1:-image}
export DEBIAN_FRONTEND=noninteractive

fail() {
  echo "install.sh: $*" >&2
  exit 1
}

[ "$(id -u)" = 0 ] || fail "only root may install packages"
# shellcheck source=/dev/null
. /etc/os-release
case ${VERSION_CODENAME:-} in
  trixie) ;;
  bookworm) [ "${RIVAGE_APT:-pgdg}" = pgdg ] || fail "Debian 12 has no PostgreSQL 17 of its own: leave RIVAGE_APT=pgdg" ;;
  *) fail "made for Debian 12 and 13; this is ${PRETTY_NAME:-another system}" ;;
esac

is_installed() {
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

missing=
optional=
while read -r package which; do
  case $package in '' | '#'*) continue ;; esac
  if is_installed "$package"; then continue; fi
  case $which in
    '') missing="$missing $package" ;;
    optional) optional="$optional $package" ;;
    "$kind") missing="$missing $package" ;;
  esac
done <"$here/packages.txt"
# What is optional and was not to be had does not make every run look again.
[ -n "$missing" ] || exit 0

apt-get -q update
if [ "${RIVAGE_APT:-pgdg}" = pgdg ] && [ ! -e /etc/apt/sources.list.d/pgdg.sources ]; then
  apt-get -qy install --no-install-recommends ca-certificates postgresql-common
  sh /usr/share/postgresql-common/pgdg/apt.postgresql.org.sh -y
fi
for package in $optional; do
  if apt-cache show "$package" >/dev/null 2>&1; then
    missing="$missing $package"
  else
    echo "install.sh: $package is not to be had here, and left out" >&2
  fi
done

# Debian would make and start a cluster with settings of its own.
mkdir -p /etc/postgresql-common/createcluster.d
echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.d/rivage.conf
# shellcheck disable=SC2086 # Names of packages are words.
apt-get -qy install --no-install-recommends $missing
