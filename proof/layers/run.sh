#!/usr/bin/env bash
# Builds and runs a message layer, an extension and an adapter that use only public
# items of the library's core.
#
#   proof/layers/run.sh
set -euo pipefail
cd "$(dirname "$0")"

cargo run --quiet
echo "a message layer, an extension and an adapter work on public items alone"
