#!/usr/bin/env bash
# Links and runs a program without `std` and without an allocator on top of the
# library's core, and then sees that the proof proves something: with either of
# them it must not link.
#
#   proof/no-alloc/run.sh
set -euo pipefail
cd "$(dirname "$0")"

must_not_build() {
    local output
    if output=$(cargo build --quiet --features "$1" 2>&1); then
        echo "the program was built with the feature $1: it proves nothing" >&2
        exit 1
    elif ! grep -q "$2" <<<"$output"; then
        echo "with the feature $1 it failed for another reason:" >&2
        echo "$output" >&2
        exit 1
    fi
}

cargo run --quiet
cargo run --quiet --release
echo "the core runs without std and alloc"

must_not_build alloc 'no global memory allocator found'
must_not_build std 'duplicate lang item .panic_impl'
echo "with either of them the program does not link"
