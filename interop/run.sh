#!/usr/bin/env bash
# Talks to two other implementations, in both directions: `websockets` (Python)
# and `ws` (Node) as clients of our echo_server and as servers of our echo_client;
# and Chromium as a client. All of it with permessage-deflate and without.
#
#   interop/run.sh
#
#   INTEROP_SERVER, INTEROP_CLIENT   what to test: an example, or a path with a slash
#
# Prints a line for each check, and last `N passed, M failed`.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$PWD/interop/.work
server=${INTEROP_SERVER:-echo_server}
client=${INTEROP_CLIENT:-echo_client}
programs=${CARGO_TARGET_DIR:-target}/release
# The peers are told this limit, and try both sides of it.
max_message=$((2 << 20))

main() {
    set_up_peers
    # A program given by its path is there already.
    if [[ $server != */* || $client != */* ]]; then
        cargo build --release -p examples --bins --all-features
    fi
    : >"$work/results"
    peers_against_our_server
    peers_against_our_server --compress
    peers_against_our_client
    total
}

set_up_peers() {
    mkdir -p "$work"
    if ! command -v chromium >/dev/null; then
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium
    fi
    local stamp
    stamp=$(cat interop/requirements.txt interop/package-lock.json | sha256sum)
    if [ "$stamp" = "$(cat "$work/stamp" 2>/dev/null)" ]; then return; fi

    rm -rf "$work/venv" "$work/node_modules"
    python3 -m venv "$work/venv"
    "$work/venv/bin/pip" install --quiet --disable-pip-version-check -r interop/requirements.txt
    cp interop/package.json interop/package-lock.json "$work/"
    (cd "$work" && npm ci --silent --no-audit --no-fund)
    echo "$stamp" >"$work/stamp"
}

# With what our server is to be told besides.
peers_against_our_server() {
    # An older log would name an older port.
    rm -f "$work/server.log"
    "$(program "$server")" 127.0.0.1:0 --max-message-size "$max_message" "$@" \
        </dev/null >"$work/server.log" 2>&1 &
    local job=$!
    # shellcheck disable=SC2064 # this job, as it is numbered now
    trap "kill $job 2>/dev/null || true" EXIT
    local url
    url=$(wait_for_listening "$work/server.log")

    run "$work/venv/bin/python" interop/client.py "$url" "$max_message" "$@"
    run node interop/client.cjs "$url" "$max_message" "$@"
    if [ $# -ne 0 ]; then run node interop/browser.cjs "$url" "$max_message"; fi

    if kill -0 "$job" 2>/dev/null; then
        record "ok   our server${*:+ with $*} lived to the end"
    else
        record "FAIL our server${*:+ with $*} lived to the end: $(tail -n 1 "$work/server.log")"
    fi
    kill "$job" 2>/dev/null || true
    trap - EXIT
}

peers_against_our_client() {
    run "$work/venv/bin/python" interop/server.py "$(program "$client")"
    run node interop/server.cjs "$(program "$client")"
}

program() {
    case $1 in */*) echo "$1" ;; *) echo "$programs/$1" ;; esac
}

wait_for_listening() {
    for _ in {1..100}; do
        grep -asoE -m 1 'ws://[^ ]+' "$1" && return
        sleep 0.1
    done
    echo "the server does not listen: $(cat -v "$1")" >&2
    return 1
}

# Runs a peer, which prints a line for each of its checks. It can also die, hang,
# or check nothing: each of these is a failure of its own.
run() {
    local status=0
    NODE_PATH=$work/node_modules timeout --kill-after=10 300 "$@" </dev/null >"$work/peer.out" || status=$?
    record "$(cat "$work/peer.out")"
    if ! grep -q '^ok ' "$work/peer.out"; then
        record "FAIL $2: no check passed"
    elif [ "$status" -ne 0 ] && ! grep -q '^FAIL ' "$work/peer.out"; then
        record "FAIL $2: ended with status $status"
    fi
}

record() {
    tee -a "$work/results" <<<"$1"
}

total() {
    local passed failed
    passed=$(grep -c '^ok ' "$work/results" || true)
    failed=$(grep -c '^FAIL ' "$work/results" || true)
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
}

main
