#!/usr/bin/env bash
# Runs a test program, and ends it at the first test that fails. `run.sh` needs to know only whether
# a test fails.
set -euo pipefail

# A changed program may allocate without end, so its memory has a limit of about 8 GB.
ulimit -v 8000000

exec {output}< <(exec "$@" 2>&1)
program=$!
while IFS= read -ru "$output" line; do
    printf '%s\n' "$line"
    if [[ $line == 'test '*FAILED ]]; then
        kill "$program"
        exit 101
    fi
done
wait "$program"
