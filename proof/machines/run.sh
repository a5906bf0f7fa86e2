#!/usr/bin/env bash
# Tests and builds the library on machines that are not x86-64, and with an old compiler.
#
#   proof/machines/run.sh [i686|s390x|thumb|wasm|msrv]...
#
# i686    a 32-bit machine: all tests, natively
# s390x   a big-endian machine: all tests, emulated by qemu
# thumb   a microcontroller (thumbv7em-none-eabihf): the core, and the core with `alloc`
# wasm    wasm32-unknown-unknown: the core with `alloc`
# msrv    the `rust-version` of Cargo.toml: no newer item of `std` is used, and no newer syntax
#
# Without arguments the script runs all of them. Debian has packages with compilers and libraries
# for these targets. The script unpacks them into ~/.cache/websocket-proto/machines, and installs
# linkers and an emulator. It needs Debian 12 on x86-64, as root.
set -euo pipefail
cd "$(dirname "$0")/../.."

cache=${XDG_CACHE_HOME:-$HOME/.cache}/websocket-proto/machines
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")/machines
export CARGO_INCREMENTAL=0 CARGO_PROFILE_DEV_DEBUG=0

main() {
    local machine
    if [ $# -eq 0 ]; then set -- i686 s390x thumb wasm msrv; fi
    for machine in "$@"; do
        case $machine in
            i686 | s390x | thumb | wasm | msrv) "$machine" ;;
            *)
                echo "unknown machine: $machine" >&2
                exit 2
                ;;
        esac
        echo "$machine: passed"
    done
}

i686() {
    compiler
    library i386
    packages gcc-i686-linux-gnu libc6-dev-i386-cross
    local root=/usr/i686-linux-gnu/lib
    export CARGO_TARGET_I686_UNKNOWN_LINUX_GNU_LINKER=i686-linux-gnu-gcc
    export CARGO_TARGET_I686_UNKNOWN_LINUX_GNU_RUNNER="$root/ld-linux.so.2 --library-path $root"
    tests i686-unknown-linux-gnu
}

s390x() {
    compiler
    library s390x
    packages gcc-s390x-linux-gnu libc6-dev-s390x-cross qemu-user-static
    export CARGO_TARGET_S390X_UNKNOWN_LINUX_GNU_LINKER=s390x-linux-gnu-gcc
    export CARGO_TARGET_S390X_UNKNOWN_LINUX_GNU_RUNNER="qemu-s390x-static -L /usr/s390x-linux-gnu"
    # Emulation is slow. A little optimisation saves more time than it costs.
    CARGO_PROFILE_DEV_OPT_LEVEL=1 tests s390x-unknown-linux-gnu
}

thumb() {
    compiler
    local features
    for features in "" alloc; do
        std_from_source build --no-default-features --features "$features" \
            -Z build-std=core,alloc --target thumbv7em-none-eabihf
    done
}

wasm() {
    compiler
    std_from_source build --no-default-features --features alloc \
        -Z build-std=std,panic_abort --target wasm32-unknown-unknown
}

# Clippy knows since when each item of `std` exists. An older compiler checks the syntax: Debian has
# version 1.85, in which the newer syntax consists of unstable features. The names that it does not
# have are replaced.
msrv() {
    cargo clippy --quiet --lib --all-features --target-dir "$target" -- -D clippy::incompatible_msrv

    old_compiler
    local copy
    copy=$(mktemp -d)
    # shellcheck disable=SC2064 # the folder of now
    trap "rm -rf '$copy'" EXIT
    git ls-files -z --cached --others --exclude-standard | tar --null --files-from - -cf - | tar -xf - -C "$copy"
    find "$copy/src" -name '*.rs' -exec sed -i -E \
        -e 's/\bsplit_off_first\b/take_first/g' \
        -e 's/(^|[^:a-z])str::from_utf8\(/\1core::str::from_utf8(/g' {} +
    # In version 1.85 `Vec::len` is not `const` yet.
    sed -i 's/const fn len(&self)/fn len(\&self)/' "$copy/src/websocket/compression/inflating.rs"
    cp Cargo.lock "$copy/Cargo.lock" 2>/dev/null || true
    (
        cd "$copy"
        RUSTC=$cache/rustc-1.85 RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR=$target/msrv \
            RUSTFLAGS='-Zcrate-attr=feature(let_chains,slice_as_chunks,slice_take,target_feature_11)' \
            cargo check --quiet --lib --all-features --ignore-rust-version
    )
}

# The features that need a library in C or assembler for the target are left out: `tls` needs
# `ring`.
tests() {
    RUSTC=$cache/rustc-1.96 cargo test --quiet --no-fail-fast --target-dir "$target" --target "$1" --tests \
        --features deflate,http,tokio,axum,futures-io
    RUSTC=$cache/rustc-1.96 cargo test --quiet --no-fail-fast --target-dir "$target" --target "$1" --tests \
        --no-default-features
}

std_from_source() {
    RUSTC=$cache/rustc-1.96 RUSTC_BOOTSTRAP=1 cargo "$1" --quiet --lib --target-dir "$target" "${@:2}"
}

# Unpacks a compiler for this machine, and the sources of its standard library.
compiler() {
    if [ -e "$cache/rustc-1.96" ]; then return; fi
    unpack "$cache/1.96" rustc-web=1.96.0* libstd-rust-web-1.96 libstd-rust-web-dev=1.96.0* \
        rust-web-src=1.96.0* libllvm22
    wrapper 1.96
}

old_compiler() {
    if [ -e "$cache/rustc-1.85" ]; then return; fi
    unpack "$cache/1.85" rustc-web=1.85.0* libstd-rust-web-1.85 libstd-rust-web-dev=1.85.0* libllvm19
    wrapper 1.85
}

wrapper() {
    local root=$cache/$1
    {
        echo '#!/bin/sh'
        echo "LD_LIBRARY_PATH=$root/usr/lib/x86_64-linux-gnu exec $root/usr/bin/rustc \"\$@\""
    } >"$cache/rustc-$1"
    chmod +x "$cache/rustc-$1"
}

# Adds the standard library for another architecture, from Debian 13, to the compiler.
library() {
    local architecture=$1 lists=$cache/lists-$1
    if [ -e "$lists/complete" ]; then return; fi
    mkdir -p "$lists/state/partial" "$lists/cache/archives/partial"
    {
        echo 'Types: deb'
        echo "URIs: $(debian_mirror)"
        echo 'Suites: trixie'
        echo 'Components: main'
        echo "Architectures: $architecture"
        echo 'Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg'
    } >"$lists/trixie.sources"
    local options=(
        -o Dir::Etc::sourcelist="$lists/trixie.sources" -o Dir::Etc::sourceparts=-
        -o Dir::State::Lists="$lists/state" -o Dir::State::status=/dev/null
        -o Dir::Cache="$lists/cache"
        -o APT::Architecture="$architecture" -o APT::Architectures="$architecture"
    )
    apt-get "${options[@]}" update -qq
    unpack "$cache/1.96" "${options[@]}" libstd-rust-web-dev=1.96.0*
    touch "$lists/complete"
}

debian_mirror() {
    local mirror
    mirror=$(sed -nE 's/^(URIs:|deb) +(https?:[^ ]*\/debian)\/?( .*)?$/\2/p' \
        /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | head -n 1)
    echo "${mirror:-http://deb.debian.org/debian}"
}

# Downloads packages, with the options of apt-get before them, and unpacks them into a folder.
unpack() {
    local root=$1 archives file
    shift
    require_apt
    archives=$(mktemp -d)
    (cd "$archives" && apt-get -qq -o APT::Sandbox::User=root download "$@")
    mkdir -p "$root"
    for file in "$archives"/*.deb; do
        dpkg -x "$file" "$root"
    done
    rm -r "$archives"
}

packages() {
    local missing=() package
    for package in "$@"; do
        dpkg -s "$package" >/dev/null 2>&1 || missing+=("$package")
    done
    if [ ${#missing[@]} -eq 0 ]; then return; fi
    require_apt
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
}

updated=
require_apt() {
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
        echo "compilers for other machines are missing: run this once as root on Debian 12" >&2
        exit 1
    fi
    if [ -z "$updated" ]; then apt-get update -qq; fi
    updated=yes
}

main "$@"
