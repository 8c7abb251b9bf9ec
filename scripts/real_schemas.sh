#!/usr/bin/env bash
# Fetches schemas that nobody here wrote, out of packages of Debian or Ubuntu, into target/real-schemas/<name>.sql. The test
# `real_schemas` takes what lies there. Nothing is installed, and nothing of it is kept in the repository; a package that the archive
# does not have, or that has no such file any more, is left out.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
out=$PWD/target/real-schemas
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$out"

say() { printf 'real_schemas: %s\n' "$*" >&2; }

# fetch NAME PACKAGE FILE...: the files one after the other, as shell patterns below the package's root.
fetch() {
    local name=$1 package=$2 pattern file
    shift 2
    [[ -s $out/$name.sql ]] && return
    mkdir -p "$work/$package"
    if ! (cd "$work/$package" && apt-get download -qq "$package" >/dev/null 2>&1 && dpkg-deb -x ./*.deb root); then
        say "$package is not in this archive: $name is left out"
        return
    fi
    for pattern in "$@"; do
        # shellcheck disable=SC2086 # a pattern
        for file in "$work/$package"/root/$pattern; do
            if [[ -f $file ]]; then zcat -f "$file"; printf '\n'; fi
        done
    done >"$work/$name.sql"
    if [[ -s $work/$name.sql ]]; then
        mv "$work/$name.sql" "$out/$name.sql"
        say "$name: $(wc -l <"$out/$name.sql") lines"
    else
        say "$package does not have $*: $name is left out"
    fi
}

command -v apt-get >/dev/null || { say "this needs apt-get, as Debian and Ubuntu have it"; exit 1; }
fetch ejabberd ejabberd usr/share/ejabberd/sql/pg.sql
fetch ejabberd_new ejabberd usr/share/ejabberd/sql/pg.new.sql
fetch icinga2 icinga2-ido-pgsql usr/share/icinga2-ido-pgsql/schema/pgsql.sql
fetch kamailio kamailio-postgres-modules usr/share/kamailio/postgres/standard-create.sql 'usr/share/kamailio/postgres/[!s]*-create.sql'
fetch kea kea-admin usr/share/kea/scripts/pgsql/dhcpdb_create.pgsql
fetch mediawiki mediawiki usr/share/mediawiki/maintenance/postgres/tables-generated.sql usr/share/mediawiki/maintenance/postgres/tables.sql
fetch powerdns pdns-backend-pgsql usr/share/pdns-backend-pgsql/schema/schema.pgsql.sql
fetch ulogd2 ulogd2 'usr/share/doc/ulogd2/pgsql-ulogd2.sql*'
fetch ulogd2_flat ulogd2 'usr/share/doc/ulogd2/pgsql-ulogd2-flat.sql*'
fetch zabbix zabbix-server-pgsql 'usr/share/zabbix-server-pgsql/schema.sql*'
ls "$out"/*.sql >/dev/null 2>&1 || { say "nothing could be fetched"; exit 1; }
