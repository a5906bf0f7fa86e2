#!/usr/bin/env bash
# Builds the fuzz targets for OSS-Fuzz and ClusterFuzzLite. Their builder sets SRC and OUT, and the
# flags of the compiler.
set -euo pipefail
cd "$SRC/websocket-proto"

cargo fuzz build -O --debug-assertions

built=${CARGO_TARGET_DIR:-fuzz/target}/x86_64-unknown-linux-gnu/release
mapfile -t targets < <(cargo fuzz list)
for target in "${targets[@]}"; do
    cp "$built/$target" "$OUT/"
    if [ -e "fuzz/corpus/$target" ]; then
        zip --quiet --junk-paths --recurse-paths "$OUT/${target}_seed_corpus.zip" "fuzz/corpus/$target"
    fi
    if [ -e "fuzz/dictionaries/$target" ]; then
        cp "fuzz/dictionaries/$target" "$OUT/$target.dict"
    fi
    printf '[libfuzzer]\ntimeout = 10\nrss_limit_mb = 512\n' >"$OUT/$target.options"
done
