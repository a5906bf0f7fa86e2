#!/usr/bin/env bash
# Talks to other implementations, in both roles: their clients to our servers, and
# our clients to their servers. The checks run with permessage-deflate and without it,
# and through nginx and HAProxy. docs/interop.md lists the peers and the checks.
#
#   interop/run.sh             runs all checks, and compares docs/interop.md with them
#   interop/run.sh --table     runs all checks, and writes docs/interop.md
#
#   INTEROP_SERVER, INTEROP_CLIENT   what to test: an example, or a path with a slash.
#                                    With only one server, docs/interop.md is not compared.
#
# `websockets`, `ws` and Chromium have programs of their own in this folder. Each of the
# other peers has a small program in interop/peers, and gets the checks of
# interop/peers/check.py. On Debian, as root, the script installs missing programs.
#
# Prints a line for each check, and last `N passed, M failed`.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$PWD/interop/.work
peers=interop/peers
programs=${CARGO_TARGET_DIR:-target}/release
rust=${CARGO_TARGET_DIR:-$peers/rust/target}/debug
servers=(echo_server echo_server_tokio axum_server)
if [ -n "${INTEROP_SERVER:-}" ]; then servers=("$INTEROP_SERVER"); fi
client=${INTEROP_CLIENT:-echo_client}
# Our servers have this limit. The peers try messages of this size and of one byte more.
max_message=$((2 << 20))
# What our servers do. check.py explains the words.
our_acts=code,reason,bare-close,interleaved
page=docs/interop.md

# The libraries with a program in interop/peers, those of them with a server too, and those with
# permessage-deflate.
names=(aiohttp wsproto undici gorilla/websocket java.net.http websocket-driver tungstenite fastwebsockets)
serving=(aiohttp wsproto gorilla/websocket websocket-driver tungstenite fastwebsockets)
compressing=" aiohttp wsproto undici gorilla/websocket "
# What the servers of these libraries do.
declare -A acts=(
    [aiohttp]="ping,close,interleaved"
    [wsproto]="fragments,ping,close,code,reason,bare-close"
    [gorilla/websocket]="fragments,ping,close,code,bare-close,interleaved"
    [websocket-driver]="ping,close,code,reason"
    [tungstenite]="fragments,ping,close,code,reason,bare-close"
    [fastwebsockets]="fragments,ping,close,code,reason,bare-close"
)

main() {
    case ${1:-} in
        '' | --table) ;;
        *) sed -n '2,/^set/{s/^# \{0,1\}//;/^set/!p}' "$0" >&2; exit 2 ;;
    esac
    set_up_peers
    # A program that is given by its path exists already.
    if [[ ${servers[*]} != */* || $client != */* ]]; then
        cargo build --release -p examples --bins --all-features
    fi
    cargo build --quiet --locked --manifest-path "$peers/rust/Cargo.toml"
    rm -rf "$work/rows" "$work/groups"
    mkdir "$work/groups"

    for server in "${servers[@]}"; do
        group "$server-programs" programs_against_our_server
        group "$server-peers" peers_against_our_server
        group "$server-nginx" proxy_before_our_server nginx
        group "$server-haproxy" proxy_before_our_server HAProxy
        wait_for_groups
    done
    group client-programs programs_against_our_client
    group client-peers peers_against_our_clients
    group client-nginx proxy_before_a_peer nginx
    group client-haproxy proxy_before_a_peer HAProxy
    wait_for_groups
    total "$@"
}

# ---- the roles

programs_against_our_server() {
    local mode
    for mode in '' --compress; do
        start_ours ${mode:+"$mode"}
        run websockets client "$work/venv/bin/python" interop/client.py "$url" "$max_message" ${mode:+"$mode"}
        run ws client node interop/client.cjs "$url" "$max_message" ${mode:+"$mode"}
        if [ -n "$mode" ]; then run Chromium client node interop/browser.cjs "$url" "$max_message"; fi
        expect_alive "$server${mode:+ with $mode}"
    done
}

peers_against_our_server() {
    local name mode
    for mode in '' --compress; do
        start_ours ${mode:+"$mode"}
        for name in "${names[@]}"; do
            if [[ -z $mode || $compressing == *" $name "* ]]; then
                use "$name" client
                check "$name" client "$name client of $server${mode:+ with $mode}" "$url" \
                    --server-acts "$our_acts" --max-message-size "$max_message" ${mode:+"$mode"} -- \
                    "${command[@]}"
            fi
        done
        expect_alive "$server${mode:+ with $mode}"
    done
}

# The keepalive of our server must be shorter than the time-out of the proxy.
proxy_before_our_server() {
    local name
    start_ours --compress --keepalive 300
    start_proxy "$1"
    for name in aiohttp gorilla/websocket; do
        use "$name" client
        check "$1" "proxy, a client of our servers" "$name client of $server through $1" "$url" \
            --server-acts "$our_acts" --max-message-size "$max_message" --compress --keepalive --idle -- \
            "${command[@]}"
    done
    expect_alive "$server behind $1"
}

programs_against_our_client() {
    run websockets server "$work/venv/bin/python" interop/server.py "$(program "$client")"
    run ws server node interop/server.cjs "$(program "$client")"
}

peers_against_our_clients() {
    local name mode adapter
    for name in "${serving[@]}"; do
        use "$name" server
        for mode in '' --compress; do
            if [[ -n $mode && $compressing != *" $name "* ]]; then continue; fi
            start "$name" "${command[@]}" ${mode:+"$mode"}
            for adapter in blocking tokio; do
                check "$name" server "$adapter client of $name${mode:+ with $mode}" "$url" \
                    --server-acts "${acts[$name]}" ${mode:+"$mode"} -- "$rust/ours_$adapter"
            done
        done
    done
}

proxy_before_a_peer() {
    local adapter
    start gorilla "$work/gorilla_server" --compress
    start_proxy "$1"
    for adapter in blocking tokio; do
        check "$1" "proxy, our clients of a server" "$adapter client of gorilla/websocket through $1" \
            "$url" --server-acts "${acts[gorilla/websocket]}" --compress --idle -- "$rust/ours_$adapter"
    done
}

# Sets `command` to the program of a library.
use() {
    local python=$work/venv/bin/python
    case $1 in
        aiohttp | wsproto) command=("$python" "$peers/$1_$2.py") ;;
        undici) command=(node "$peers/undici_client.cjs") ;;
        gorilla/websocket) command=("$work/gorilla_$2") ;;
        java.net.http) command=(java -cp "$work" JavaClient) ;;
        websocket-driver) command=(ruby "$peers/websocket_driver_$2.rb") ;;
        tungstenite | fastwebsockets) command=("$rust/$1_$2") ;;
    esac
}

# ---- groups of checks, side by side: most of them wait more than they work

group() {
    local name=$1
    shift
    run_group "$work/groups/$name" "$@" >"$work/groups/$name.out" 2>&1 &
    groups+=("$name:$!")
}

run_group() {
    group=$1
    mkdir "$group"
    started=()
    trap 'kill "${started[@]}" 2>/dev/null || true' EXIT
    "${@:2}"
}

wait_for_groups() {
    local name status
    for name in "${groups[@]}"; do
        status=0
        wait "${name#*:}" || status=$?
        name=${name%:*}
        cat "$work/groups/$name.out"
        cat "$work/groups/$name/rows" >>"$work/rows" || status=1
        if [ "$status" -ne 0 ]; then
            printf '\t\tFAIL %s: ended with status %s\n' "$name" "$status" | tee -a "$work/rows"
        fi
    done
    groups=()
}

# Starts a server, and sets `url` and `job`.
start() {
    local log=$group/${1//\//-}.log
    shift
    # An older log would name an older port.
    rm -f "$log"
    "$@" </dev/null >"$log" 2>&1 &
    job=$!
    started+=("$job")
    log_of_job=$log
    url=$(wait_for_listening "$log")
}

start_ours() {
    start server "$(program "$server")" 127.0.0.1:0 --max-message-size "$max_message" "$@"
}

# Starts a proxy before the server at `url`, and sets `url` to that of the proxy.
start_proxy() {
    local address config=nginx.conf program=(nginx -e stderr -c "$group/nginx.conf")
    if [ "$1" = HAProxy ]; then
        config=haproxy.cfg
        program=(haproxy -f "$group/haproxy.cfg")
    fi
    address=127.0.0.1:$(free_port)
    sed "s|@WORK@|$group|; s|@ADDRESS@|$address|; s|@SERVER@|${url#ws://}|" "interop/proxies/$config" >"$group/$config"
    "${program[@]}" </dev/null >"$group/proxy.log" 2>&1 &
    started+=("$!")
    url=ws://$address
    wait_for_port "${address#*:}" || { cat "$group/proxy.log"; return 1; }
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

wait_for_port() {
    for _ in {1..100}; do
        (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return
        sleep 0.1
    done
    return 1
}

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

expect_alive() {
    if kill -0 "$job" 2>/dev/null; then
        record '' '' "ok   $1 lived to the end"
    else
        record '' '' "FAIL $1 lived to the end: $(tail -n 1 "$log_of_job")"
    fi
}

# ---- results

# Runs check.py, for a peer in a role.
check() {
    run "$1" "$2" "$work/venv/bin/python" "$peers/check.py" "${@:3}"
}

# Runs a program for a peer in a role. It prints a line for each of its checks. It can also
# die, hang, or check nothing: each of these is a failure of its own.
run() {
    local peer=$1 role=$2 status=0 lines
    shift 2
    lines=$(NODE_PATH=$work/node_modules timeout --kill-after=10 300 "$@" </dev/null 2>&1) || status=$?
    record "$peer" "$role" "$lines"
    if ! grep -q '^ok ' <<<"$lines"; then
        record "$peer" "$role" "FAIL $peer as $role: no check passed"
    elif [ "$status" -ne 0 ] && ! grep -q '^FAIL ' <<<"$lines"; then
        record "$peer" "$role" "FAIL $peer as $role: ended with status $status"
    fi
}

# Prints the lines, and keeps them with the peer and its role.
record() {
    echo "$3"
    while IFS= read -r line; do printf '%s\t%s\t%s\n' "$1" "$2" "$line"; done <<<"$3" >>"$group/rows"
}

total() {
    local passed failed
    passed=$(grep -c $'\tok ' "$work/rows" || true)
    failed=$(grep -c $'\tFAIL ' "$work/rows" || true)
    if [ "$failed" -eq 0 ] && [ ${#servers[@]} -ne 1 ]; then
        versions >"$work/versions"
        if python3 interop/table.py ${1:+"$1"} "$work/rows" "$work/versions" "$page"; then
            passed=$((passed + 1))
        else
            failed=1
        fi
    fi
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
}

versions() {
    local name
    for name in "${names[@]}"; do
        use "$name" client
        printf '%s\t%s\n' "$name" "$(echo hello | NODE_PATH=$work/node_modules "${command[@]}" | cut -d ' ' -f 2)"
    done
    printf 'websockets\t%s\n' "$("$work/venv/bin/python" -c 'import websockets; print(websockets.__version__)')"
    printf 'ws\t%s\n' "$(node -p "require('$work/node_modules/ws/package.json').version")"
    printf 'Chromium\t%s\n' "$(chromium --version | grep -oE '[0-9.]+' | head -n 1)"
    printf 'nginx\t%s\n' "$(nginx -v 2>&1 | grep -oE '[0-9.]+' | head -n 1)"
    printf 'HAProxy\t%s\n' "$(haproxy -v | grep -oE '[0-9.]+' | head -n 1)"
}

# ---- setting up

set_up_peers() {
    mkdir -p "$work"
    local missing=() pair
    for pair in chromium:chromium nginx:nginx-light haproxy:haproxy go:golang-go javac:default-jdk-headless ruby:ruby; do
        command -v "${pair%%:*}" >/dev/null || missing+=("${pair#*:}")
    done
    ruby -e 'require "websocket/driver"' 2>/dev/null || missing+=(ruby-websocket-driver)
    [ -d /usr/share/gocode/src/github.com/gorilla/websocket ] || missing+=(golang-github-gorilla-websocket-dev)
    if [ ${#missing[@]} -ne 0 ]; then
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
    fi

    local stamp
    stamp=$(cat interop/requirements.txt interop/package-lock.json "$peers"/*.java "$peers"/gorilla_*/*.go | sha256sum)
    if [ "$stamp" = "$(cat "$work/stamp" 2>/dev/null)" ]; then return; fi
    rm -rf "$work"
    mkdir "$work"
    python3 -m venv "$work/venv"
    "$work/venv/bin/pip" install --quiet --disable-pip-version-check -r interop/requirements.txt
    cp interop/package.json interop/package-lock.json "$work/"
    (cd "$work" && npm ci --silent --no-audit --no-fund)
    javac -d "$work" "$peers/JavaClient.java"
    # The packages of Debian are a GOPATH.
    for program in gorilla_client gorilla_server; do
        (cd "$peers/$program" && GO111MODULE=off GOPATH=/usr/share/gocode GOFLAGS=-buildvcs=false go build -o "$work/$program" .)
    done
    echo "$stamp" >"$work/stamp"
}

groups=()
main "$@"
