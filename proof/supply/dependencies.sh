#!/usr/bin/env bash
# Compares the crates that each set of features brings with the list in `dependencies.txt`, and fails
# if a crate was added or removed.
#
#   proof/supply/dependencies.sh             compares
#   proof/supply/dependencies.sh --update    writes the list
#
# The list has a line for each set of features with the number of its crates. It also has a line for
# each crate with the sets that contain the crate. A crate is listed with its compatible version:
# `http 1` covers all versions 1.x. Crates that run at build time (build scripts, their
# dependencies, procedural macros) are part of the list, and crates that only tests use are not. The
# sets are those of x86-64 Linux, except `every-target`, which has all features on all targets.
#
# After a change, describe the crate in `docs/dependencies.md`.
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "$0")/../.."

list=proof/supply/dependencies.txt

# The crates of one set, a line each: the name and the compatible version.
crates() {
    local tree
    tree=$(cargo tree --locked --package websocket-proto --edges normal,build \
        --prefix none --format '{p}' --no-default-features "$@")
    # The first line is this package.
    sed 1d <<<"$tree" | awk '{
        split(substr($2, 2), version, ".")
        compatible = version[1]
        if (compatible == 0) compatible = compatible "." version[2]
        if (compatible == "0.0") compatible = compatible "." version[3]
        print $1, compatible
    }' | LC_ALL=C sort -u
}

# Each line: a set, and one of its crates.
pairs() {
    local features every linux=(--target x86_64-unknown-linux-gnu)
    mapfile -t every < <(sed -nE '/^\[features\]/,/^\[dep/s/^([a-z-]+) = .*/\1/p' Cargo.toml)
    crates "${linux[@]}" | sed 's/^/none /'
    for features in "${every[@]}"; do
        if [ "$features" = default ]; then continue; fi
        crates "${linux[@]}" --features "$features" | sed "s/^/$features /"
    done
    crates "${linux[@]}" --all-features | sed 's/^/all /'
    crates --target all --all-features | sed 's/^/every-target /'
}

current() {
    pairs | awk '
        !($1 in count) { order[++sets] = $1 }
        { count[$1]++; crate = $2 " " $3; within[crate] = within[crate] " " $1 }
        END {
            for (i = 1; i <= sets; i++) print "= " order[i], count[order[i]]
            for (crate in within) print crate ":" within[crate] | "LC_ALL=C sort"
        }'
}

new=$(current)
if [ "${1-}" = --update ]; then
    printf '%s\n' "$new" >"$list"
elif ! diff -u "$list" - <<<"$new"; then
    echo "The crates of a set of features have changed. If that is intended, run"
    echo "'proof/supply/dependencies.sh --update' and describe them in docs/dependencies.md."
    exit 1
else
    grep '^= ' "$list"
fi
