#!/usr/bin/env bash
# Runs the models of concurrency: both halves of a connection and their peer, in every order of their
# threads, or in every order with a limited number of preemptions.
#
#   proof/models/run.sh             all models
#   proof/models/run.sh blocking    the models whose names contain a word
#
# Prints the number of orders of each model. With LOOM_MAX_PREEMPTIONS=3, each model allows three
# preemptions, which can take hours. LOOM_LOCATION=1 prints where each thread waits.
set -euo pipefail
cd "$(dirname "$0")"

cargo test --quiet --test models -- --nocapture "$@"
