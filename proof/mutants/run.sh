#!/usr/bin/env bash
# Changes the library in one place at a time, and sees that a test notices each change.
#
#   proof/mutants/run.sh                      the wire layer: frame, mask, utf8, close
#   proof/mutants/run.sh --shard 0/8          an eighth of that
#   proof/mutants/run.sh --in-diff main       all modules, where they differ from a commit
#   proof/mutants/run.sh connection           the connection
#
# `survivors.toml` lists the changes that no test can notice, each with its reason. What was missed
# is in target/mutants/mutants.out/missed.txt. It stops after MINUTES (60, if that is not set).
set -euo pipefail
cd "$(dirname "$0")/../.."

tools=${XDG_CACHE_HOME:-$HOME/.cache}/websocket-proto/tools
export PATH=$tools/bin:$PATH CARGO_INCREMENTAL=0
# Each copy of the library has a target folder of its own. Without debug information it is small.
unset CARGO_TARGET_DIR
export CARGO_PROFILE_DEV_DEBUG=0 CARGO_PROFILE_TEST_DEBUG=0

main() {
    cargo install --quiet --debug --locked --root "$tools" cargo-mutants@27.1.0
    case ${1-} in
        --in-diff) in_diff "$2" ;;
        connection) connection ;;
        *) wire "$@" ;;
    esac
    echo "every change is noticed by a test, or listed in survivors.toml"
}

# What the tests of the wire layer do not notice is not tested, even if others would notice.
wire() {
    mutants --no-default-features --features alloc,simd --cargo-arg=--test=wire \
        --file 'src/frame/*.rs' --file src/mask.rs --file 'src/mask/*.rs' --file src/utf8.rs \
        --file 'src/close/*.rs' "$@"
}

connection() {
    mutants --no-default-features --features alloc --cargo-arg=--test=connection \
        --file 'src/connection/**/*.rs' --file src/connection/receive.rs
}

in_diff() {
    mkdir -p target/mutants
    git diff "$1" -- src >target/mutants/changes.diff
    mutants --all-features --cargo-arg=--tests --in-diff target/mutants/changes.diff
}

# A change that makes a test run for ever is noticed too.
mutants() {
    local status=0
    mkdir -p target/mutants
    timeout --foreground "${MINUTES:-60}m" cargo mutants --config proof/mutants/survivors.toml \
        --package websocket-proto --output target/mutants --jobs 2 --minimum-test-timeout 30 \
        --no-shuffle --colors never "$@" || status=$?
    case $status in
        # 3: some ran for ever, and none was missed.
        0 | 3) ;;
        124) echo "stopped after ${MINUTES:-60} minutes" >&2 && exit 1 ;;
        *) exit "$status" ;;
    esac
}

main "$@"
