#!/usr/bin/env bash
# Builds the comparison with the other crates, and runs every mode for a short time.
# Each mode checks all payloads. Its figures are not looked at.
#
#   benches/peers/smoke.sh
set -euo pipefail
cd "$(dirname "$0")/../.."

manifest=benches/peers/Cargo.toml
cargo build --release --locked --manifest-path "$manifest"
for mode in codec deflate handshake idle e2e; do
    echo "--- $mode"
    output=$(cargo run --release --locked --quiet --manifest-path "$manifest" -- "$mode" --quick)
    # A crate that could not be driven, and the result.
    grep -E '^note: .* (is left out|failed a round) ' <<<"$output" || true
    tail -n 1 <<<"$output" | grep -E '^ahead on [0-9]+ of [1-9][0-9]* workloads'
done
