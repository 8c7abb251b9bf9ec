#!/usr/bin/env bash
# Fetches migrations of applications that nobody here wrote, out of packages of crates.io, into target/real-migrations/<name>/<number>.sql,
# in their order. The test `real_migrations` takes what lies there. Nothing of it is kept in the repository; a package that cannot be
# fetched, or that has no such files, is left out.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
out=$PWD/target/real-migrations
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$out"

say() { printf 'real_migrations: %s\n' "$*" >&2; }

# fetch NAME PACKAGE VERSION PATTERN [SQL]: the files that match below the package's root, in the order of their paths, after some SQL.
fetch() {
    local name=$1 package=$2 version=$3 pattern=$4 before=${5:-} number=0 file
    [[ -d $out/$name ]] && return
    mkdir -p "$work/$name/src"
    printf '[package]\nname = "fetched"\nversion = "0.0.0"\nedition = "2021"\n[dependencies]\n%s = "=%s"\n[workspace]\n' \
        "$package" "$version" >"$work/$name/Cargo.toml"
    : >"$work/$name/src/lib.rs"
    if ! (cd "$work/$name" && cargo vendor --quiet --versioned-dirs >/dev/null 2>&1); then
        say "$package $version cannot be fetched: $name is left out"
        return
    fi
    mkdir -p "$work/$name/found"
    if [[ -n $before ]]; then printf '%s\n' "$before" >"$work/$name/found/0000.sql"; fi
    while IFS= read -r file; do
        number=$((number + 1))
        cp "$file" "$work/$name/found/$(printf '%04d' "$number").sql"
    done < <(find "$work/$name/vendor/$package-$version" -path "*/$pattern" | LC_ALL=C sort)
    if ((number)); then
        mv "$work/$name/found" "$out/$name"
        say "$name: $number migrations"
    else
        say "$package $version has no $pattern: $name is left out"
    fi
}

fetch lemmy lemmy_db_schema 0.19.21 'migrations/*/up.sql'
fetch atuin atuin-server-postgres 18.20.1 'migrations/*.sql'
fetch apalis apalis-postgres 1.0.0 'migrations/*.sql'
fetch sqlxmq sqlxmq 0.6.0 'migrations/*up.sql' 'CREATE EXTENSION "uuid-ossp";'
fetch cala cala-ledger 0.33.3 'migrations/*.sql'
ls "$out"/*/*.sql >/dev/null 2>&1 || { say "nothing could be fetched"; exit 1; }
