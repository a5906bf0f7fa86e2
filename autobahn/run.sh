#!/usr/bin/env bash
# Runs the Autobahn testsuite against this crate's examples:
#
#   autobahn/run.sh server|client|all [CASES]
#
# CASES are wstest patterns, with commas or spaces between them: `1.*,6.4.*`.
# Everything it needs is installed by itself on Debian, or is in a Docker image
# (see `wstest`). The reports stay in autobahn/.work: open index.html there.
#
#   AUTOBAHN_SERVER   what to test as server: an example, or a path with a slash
#   AUTOBAHN_CLIENT   the same as client
#   AUTOBAHN_TIMEOUT  seconds until one role is given up (2400)
set -euo pipefail
cd "$(dirname "$0")/.."

DEFAULT_CASES='*'

role=${1:-}
cases=${*:2}
cases=${cases:-$DEFAULT_CASES}
cases=$(tr -s ', ' ',' <<<"$cases")
server=${AUTOBAHN_SERVER:-echo_server}
client=${AUTOBAHN_CLIENT:-autobahn_client}
limit=${AUTOBAHN_TIMEOUT:-2400}
programs=${CARGO_TARGET_DIR:-target}/release
agent=websocket-proto

main() {
    case $role in
        server | client | all) ;;
        *) sed -n '2,/^set/{s/^# \{0,1\}//;/^set/!p}' "$0" >&2; exit 2 ;;
    esac
    autobahn/wstest --autobahnversion >/dev/null # installs it, when it is not there yet
    build
    case $role in
        server) test_server ;;
        client) test_client ;;
        all) test_both ;;
    esac
}

build() {
    # A program given by its path is there already.
    if [[ $server != */* || $client != */* ]]; then
        cargo build --release -p examples --bins --all-features
    fi
}

program() {
    case $1 in */*) echo "$1" ;; *) echo "$programs/$1" ;; esac
}

test_both() {
    mkdir -p autobahn/.work
    local status=0 out=autobahn/.work
    local server_out=$out/server-${server##*/}.out client_out=$out/client-${client##*/}.out
    (test_server) >"$server_out" 2>&1 &
    local server_job=$!
    (test_client) >"$client_out" 2>&1 &
    local client_job=$!
    # shellcheck disable=SC2064 # these two jobs, as they are numbered now
    trap "kill $server_job $client_job 2>/dev/null || true" EXIT
    wait "$server_job" || status=1
    cat "$server_out"
    wait "$client_job" || status=1
    cat "$client_out"
    trap - EXIT
    exit "$status"
}

# wstest connects to our server, once for each case.
test_server() {
    start_work "server-$(basename "$server")"
    local faults=()
    start "$work/program.log" "$(program "$server")" 127.0.0.1:0 --compress --max-message-size 67108864
    local program_job=$!
    local url
    if ! url=$(wait_for "$work/program.log" 'listening on ws://[^ ]*'); then
        faults+=("the server did not say that it listens")
        url=ws://127.0.0.1:1
    fi
    write_spec '"servers": [{"agent": "'"$agent"'", "url": "'"${url#listening on }"'"}]'

    start "$work/wstest.log" autobahn/wstest -m fuzzingclient -s "$work/spec.json"
    wait "$!" || faults+=("wstest ended with status $?")
    kill -0 "$program_job" 2>/dev/null || faults+=("the server did not live to the end")
    judge "autobahn server:" "${faults[@]}"
}

# Our client asks wstest for one case after another.
test_client() {
    start_work "client-$(basename "$client")"
    local faults=()
    local url
    url=ws://127.0.0.1:$(free_port)
    write_spec '"url": "'"$url"'"'
    start "$work/wstest.log" autobahn/wstest -m fuzzingserver -s "$work/spec.json" -u 0
    wait_for_port "${url##*:}" || faults+=("wstest does not listen")

    start "$work/program.log" "$(program "$client")" "$url" "$agent"
    wait "$!" || faults+=("the client ended with status $?")
    judge "autobahn client:" "${faults[@]}"
}

# A folder of its own for what is tested, empty, and an end for what is started.
start_work() {
    work=$PWD/autobahn/.work/$1
    rm -rf "$work"
    mkdir -p "$work/reports"
    jobs_started=()
    trap 'kill "${jobs_started[@]}" 2>/dev/null || true; wait' EXIT
    trap 'exit 143' TERM INT
}

# Runs a command behind us, for no longer than the limit.
start() {
    local log=$1
    shift
    timeout --kill-after=10 "$limit" "$@" </dev/null >"$log" 2>&1 &
    jobs_started+=("$!")
}

write_spec() {
    local patterns='"'${cases//,/'","'}'"'
    cat >"$work/spec.json" <<JSON
{"outdir": "$work/reports", $1, "cases": [$patterns], "exclude-cases": [], "exclude-agent-cases": {}}
JSON
}

# Waits for a line to come into a log, and prints the part that matches.
wait_for() {
    for _ in {1..100}; do
        grep -asoE -m 1 "$2" "$1" && return
        sleep 0.1
    done
    return 1
}

wait_for_port() {
    for _ in {1..300}; do
        (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return
        sleep 0.1
    done
    return 1
}

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

judge() {
    echo "$1"
    python3 autobahn/check.py "$work/reports" "$agent" "$work/wstest.log" "$cases" "${@:2}"
}

main
