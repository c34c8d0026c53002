#!/usr/bin/env bash
# Installs PostgreSQL and MariaDB from Debian's packages if their servers are not there. Nothing is started: the tests
# start private servers of their own on free ports, and stop them.
set -euo pipefail

has_postgres() { command -v postgres >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null; }
has_mariadb() { command -v mariadbd >/dev/null || [ -x /usr/sbin/mariadbd ]; }

packages=()
has_postgres || packages+=(postgresql)
has_mariadb || packages+=(mariadb-server)
if [ "${#packages[@]}" -eq 0 ]; then
  echo "PostgreSQL and MariaDB are installed."
  exit 0
fi

if ! command -v apt-get >/dev/null; then
  echo "Missing: ${packages[*]}. Install them, or set TEST_POSTGRES_URL and TEST_MYSQL_URL." >&2
  exit 1
fi
sudo=()
[ "$(id -u)" -eq 0 ] || sudo=(sudo -n)
# Debian starts what it installs; a policy of "no" keeps the system's own servers down.
export DEBIAN_FRONTEND=noninteractive
"${sudo[@]}" apt-get update -qq
"${sudo[@]}" env RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}"
