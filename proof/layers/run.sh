#!/usr/bin/env bash
# Builds and runs a message layer, an extension and two adapters that use only public
# items of the library.
#
#   proof/layers/run.sh
set -euo pipefail
cd "$(dirname "$0")"

cargo run --quiet
echo "a message layer, an extension and two adapters work on public items alone"
