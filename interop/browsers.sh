#!/usr/bin/env bash
# Tests the chat and the interface `WebSocket` of browsers in Chromium and
# Firefox. Our own client drives both of them, over the DevTools protocol and
# WebDriver BiDi.
#
#   interop/browsers.sh [FILTER...]
#
# A filter is a part of the name of a test: `in_firefox`, `screenshots`. On
# Debian, as root, the script installs missing programs. It keeps pictures of the
# pages in target/browsers. Its last line is `N passed, M failed`.
set -euo pipefail
cd "$(dirname "$0")/.."

programs=(chromium firefox-esr redis-server)
pictures=${CARGO_TARGET_DIR:-target}/browsers

main() {
    install_missing
    rm -rf "$pictures"
    # The results are counted in the output of the tests, so that a run without a test fails.
    local log status=0
    log=$(mktemp)
    # shellcheck disable=SC2064 # this file, as it is named now
    trap "rm -f '$log'" EXIT
    cargo test -p chat --features browsers --test programs -- "${@:-browsers::}" 2>&1 | tee "$log" || status=$?
    echo "the pictures are in $pictures"
    total "$log"
    return "$status"
}

install_missing() {
    local program missing=()
    for program in "${programs[@]}"; do
        command -v "$program" >/dev/null || missing+=("$program")
    done
    if [ ${#missing[@]} -eq 0 ]; then return; fi
    if [ "$(id -u)" -ne 0 ]; then
        echo "missing: ${missing[*]}; install them, on Debian with apt-get install ${missing[*]}" >&2
        return 1
    fi
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
}

total() {
    local passed failed
    passed=$(grep -cE '^test .* \.\.\. ok$' "$1" || true)
    failed=$(grep -cE '^test .* \.\.\. FAILED$' "$1" || true)
    echo "$passed passed, $failed failed"
    [ "$passed" -gt 0 ] && [ "$failed" -eq 0 ]
}

main "$@"
