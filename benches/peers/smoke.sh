#!/usr/bin/env bash
# Builds the comparison with the other crates, and runs every mode for a short time.
# Each mode checks all payloads. The figures are not checked.
#
#   benches/peers/smoke.sh
set -euo pipefail
cd "$(dirname "$0")/../.."

cargo build --release --locked --manifest-path benches/peers/Cargo.toml
program=${CARGO_TARGET_DIR:-benches/peers/target}/release/peers
for mode in codec deflate handshake idle e2e; do
    echo "--- $mode"
    # The program is not started by `cargo run`, so that it does not build the servers once more.
    output=$(env -u CARGO "$program" "$mode" --quick)
    # Shows the crates that were left out or failed, and the result.
    grep -E '^note: .* (is left out|failed a round) ' <<<"$output" || true
    tail -n 1 <<<"$output" | grep -E '^ahead on [0-9]+ of [1-9][0-9]* workloads'
done
