#!/usr/bin/env bash
# Fetches migrations of applications that nobody here wrote, out of packages for cargo, pip and npm, into
# target/real-migrations/<name>/<number>.sql, in their order. The test `real_migrations` takes what lies there. Nothing of it is kept in the repository; a package that cannot be
# fetched, or that has no such files, is left out.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
out=$PWD/target/real-migrations
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$out"

say() { printf 'real_migrations: %s\n' "$*" >&2; }

# keep NAME FOLDER PATTERN [SQL]: the files below the folder that match, in the order of their paths, after some SQL.
keep() {
    local name=$1 folder=$2 pattern=$3 before=${4:-} number=0 file
    mkdir -p "$work/$name/found"
    if [[ -n $before ]]; then printf '%s\n' "$before" >"$work/$name/found/0000.sql"; fi
    while IFS= read -r file; do
        number=$((number + 1))
        cp "$file" "$work/$name/found/$(printf '%04d' "$number").sql"
    done < <(find "$folder" -path "*/$pattern" | LC_ALL=C sort)
    if ((number)); then
        mv "$work/$name/found" "$out/$name"
        say "$name: $number migrations"
    else
        say "$folder has no $pattern: $name is left out"
    fi
}

# crate NAME PACKAGE VERSION PATTERN [SQL]
crate() {
    local name=$1 package=$2 version=$3
    [[ -d $out/$name ]] && return
    mkdir -p "$work/$name/src"
    printf '[package]\nname = "fetched"\nversion = "0.0.0"\nedition = "2021"\n[dependencies]\n%s = "=%s"\n[workspace]\n' \
        "$package" "$version" >"$work/$name/Cargo.toml"
    : >"$work/$name/src/lib.rs"
    if ! (cd "$work/$name" && cargo vendor --quiet --versioned-dirs >/dev/null 2>&1); then
        say "$package $version cannot be fetched: $name is left out"
        return
    fi
    keep "$name" "$work/$name/vendor/$package-$version" "${@:4}"
}

# package NAME PACKAGE VERSION COMMANDS PATTERN [SQL]: the commands fetch it and put what it holds into src/.
package() {
    local name=$1 package=$2 version=$3 commands=$4
    [[ -d $out/$name ]] && return
    mkdir -p "$work/$name/src"
    if ! (cd "$work/$name" && eval "$commands") >/dev/null 2>&1; then
        say "$package $version cannot be fetched: $name is left out"
        return
    fi
    keep "$name" "$work/$name/src" "${@:5}"
}

# wheel, node NAME PACKAGE VERSION PATTERN [SQL]
# shellcheck disable=SC2016 # They are evaluated where the package is known.
wheel() { package "${@:1:3}" 'pip download --quiet --no-deps "$package==$version" && python3 -m zipfile -e ./*.whl src' "${@:4}"; }
# shellcheck disable=SC2016
node() { package "${@:1:3}" 'npm pack --silent "$package@$version" && tar -xzf ./*.tgz -C src' "${@:4}"; }

crate lemmy lemmy_db_schema 0.19.21 'migrations/*/up.sql'
crate atuin atuin-server-postgres 18.20.1 'migrations/*.sql'
crate apalis apalis-postgres 1.0.0 'migrations/*.sql'
crate sqlxmq sqlxmq 0.6.0 'migrations/*up.sql' 'CREATE EXTENSION "uuid-ossp";'
crate cala cala-ledger 0.33.3 'migrations/*.sql'
wheel procrastinate procrastinate 3.10.0 'sql/migrations/*.sql'
node graphile_worker graphile-worker 0.17.3 'sql/0*.sql' 'CREATE EXTENSION pgcrypto; CREATE SCHEMA graphile_worker;'
# Its scripts have a place for the name of the schema.
sed -i 's/:GRAPHILE_WORKER_SCHEMA/graphile_worker/g' "$out"/graphile_worker/*.sql 2>/dev/null
ls "$out"/*/*.sql >/dev/null 2>&1 || { say "nothing could be fetched"; exit 1; }
