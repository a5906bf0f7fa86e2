#!/usr/bin/env bash
# Changes the library in one place at a time, and checks that a test notices each change.
#
#   proof/mutants/run.sh                      the wire layer: frame, mask, utf8, close
#   proof/mutants/run.sh connection           the connection
#   proof/mutants/run.sh handshake            the opening handshake, with http1 and extension
#   proof/mutants/run.sh websocket            whole messages
#   proof/mutants/run.sh --in-diff main       all modules, where they differ from a commit
#
# Further arguments go to cargo-mutants: `wire --re src/utf8.rs` tries the changes of one file of a
# group, and `websocket --shard 0/8` an eighth of the changes. `.ci/run` tries every twelfth change
# of the wire layer: `wire --shard 0/12 --sharding round-robin`.
#
# The changes are made in a copy of the source tree, target/mutants/tree. `survivors.toml` lists the
# changes that no test can notice, each with its reason. The file
# target/mutants/mutants.out/missed.txt lists the changes that no test noticed. The script stops
# after MINUTES minutes (60 by default).
set -euo pipefail
cd "$(dirname "$0")/../.."

tools=${XDG_CACHE_HOME:-$HOME/.cache}/websocket-proto/tools
export PATH=$tools/bin:$PATH
root=$PWD
output=$root/target/mutants
tree=$output/tree

# Most of the time goes into compiling again after a change, and into tests. An incremental build
# compiles only what has changed. The dependencies are compiled only once, so they are optimised.
export CARGO_TARGET_DIR=$output/build CARGO_INCREMENTAL=1
export CARGO_PROFILE_DEV_DEBUG=0 CARGO_PROFILE_DEV_OPT_LEVEL=1
# One failure is enough. proptest does not have to search for the shortest input that fails.
export PROPTEST_MAX_SHRINK_ITERS=0 PROPTEST_DISABLE_FAILURE_PERSISTENCE=1

main() {
    local group=wire
    case ${1-} in
        wire | connection | handshake | websocket) group=$1 && shift ;;
        --in-diff) group=in_diff && shift ;;
        '' | -*) ;;
        *)
            echo "unknown group: $1" >&2
            exit 2
            ;;
    esac
    cargo install --quiet --debug --locked --root "$tools" cargo-mutants@27.1.0
    copy
    "$group" "$@"
    echo "every change is noticed by a test, or listed in survivors.toml"
}

# Each group runs only the tests that it names. A change that only other tests would notice counts
# as missed.
wire() {
    layer alloc,simd wire --file 'src/frame/*.rs' --file src/mask.rs --file 'src/mask/*.rs' \
        --file src/utf8.rs --file 'src/close/*.rs' "$@"
}

connection() {
    layer std connection --file 'src/connection/**/*.rs' "$@"
}

handshake() {
    layer deflate,http handshake --cargo-arg=--test=opening --cargo-arg=--test=http \
        --cargo-arg=--test=deflate \
        --file 'src/handshake/**/*.rs' --file 'src/http1/*.rs' --file 'src/extension/*.rs' "$@"
}

# Three files that call the compressor and the decompressor are left out, and the file that replaces
# them in builds without `deflate`.
websocket() {
    layer deflate messages --cargo-arg=--test=deflate --cargo-arg=--test=memory \
        --file 'src/websocket/**/*.rs' --file src/message.rs --file src/utf8_bytes.rs \
        --exclude 'src/websocket/compression/{deflating,inflating,settings,without}.rs' "$@"
}

in_diff() {
    local changes=$output/changes.diff
    git diff "$1" -- src >"$changes"
    shift
    mutants --all-features --cargo-arg=--tests --in-diff "$changes" "$@"
}

# Copies all files that git tracks, and new files. The copies have new modification times. Otherwise
# cargo could use the library of an earlier run, with a change in it.
copy() {
    rm -rf "$tree"
    mkdir -p "$tree"
    git ls-files -z --cached --others --exclude-standard |
        while IFS= read -rd '' file; do
            if [ -e "$file" ]; then printf '%s\0' "$file"; fi
        done | xargs -0 cp --parents --target-directory "$tree"
}

layer() {
    local features=$1 tests=$2
    shift 2
    # Cargo builds the dependencies of all tests. The tests of the layers need only two of these
    # dependencies, so the others are removed.
    sed -Ei '/^\[dev-dependencies\]/,/^$/ { /^(\[|proptest|support)/!d }' "$tree/Cargo.toml"
    mutants --no-default-features --features "$features" --cargo-arg=--test="$tests" "$@"
}

# A change that makes a test run for ever is noticed too.
mutants() {
    local status=0
    timeout --foreground "${MINUTES:-60}m" cargo mutants --dir "$tree" --in-place \
        --config "$root/proof/mutants/survivors.toml" --package websocket-proto \
        --cargo-arg=--config=profile.dev.package.websocket-proto.opt-level=0 \
        --cargo-arg="--config=target.'cfg(unix)'.runner='$root/proof/mutants/first-failure.sh'" \
        --output "$output" --minimum-test-timeout 20 --no-shuffle --colors never "$@" || status=$?
    case $status in
        0) ;;
        # Status 3: with some changes a test ran for ever. It hides status 2: some changes were
        # missed.
        3) if [ -s "$output/mutants.out/missed.txt" ]; then exit 2; fi ;;
        124) echo "stopped after ${MINUTES:-60} minutes" >&2 && exit 1 ;;
        *) exit "$status" ;;
    esac
}

main "$@"
