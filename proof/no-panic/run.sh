#!/usr/bin/env bash
# Proves that no public function of the library's core and of its opening handshake can panic: it
# compiles a program that calls each of them with unknown inputs, and looks at every place in the
# machine code that calls a function of `core` that panics.
#
#   proof/no-panic/run.sh
#
# Each place belongs to the innermost function outside of `core`, even if the compiler inlined that
# function. `exceptions` lists the functions that may panic, each with its reason. Needs objdump and
# addr2line of binutils, which it installs on Debian as root.
set -euo pipefail
cd "$(dirname "$0")"

# The functions of `core` that end in a panic, by the beginnings of their names.
panics='core::panicking::|core::slice::index::slice_|core::slice::copy_from_slice_impl::len_mismatch|core::str::slice_error_fail|core::option::(unwrap|expect)_failed|core::result::unwrap_failed|core::cell::panic_'

main() {
    prerequisites
    every_public_function_is_called
    check
    check --features simd
    the_proof_proves_something
}

prerequisites() {
    if command -v objdump >/dev/null && command -v addr2line >/dev/null; then return; fi
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
        echo "objdump and addr2line are missing: install binutils" >&2
        exit 1
    fi
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends binutils
}

# Compares the names of the public functions with the names in the program.
every_public_function_is_called() {
    local missing=0 name
    while read -r name; do
        if ! grep -qE "(\.|::|, |\{)$name\b" src/*.rs; then
            echo "the program does not call the public function $name" >&2
            missing=1
        fi
    done < <(cd ../../src && public_functions | sort -u)
    return "$missing"
}

# The program does not call functions that need a feature. Their attribute is directly above them.
public_functions() {
    awk '
        /#\[cfg\((feature|test)/ { featured = 1; next }
        /^ *#\[|^ *\/\// { next }
        /^ *pub (const )?fn / {
            match($0, /fn [a-z0-9_]+/)
            if (!featured) print substr($0, RSTART + 3, RLENGTH - 3)
        }
        { featured = 0 }
    ' frame/*.rs mask.rs mask/*.rs utf8.rs close/*.rs connection/*.rs connection/*/*.rs \
        extension/*.rs deflate/negotiation/*.rs http1/*.rs handshake/key.rs handshake/client/*.rs \
        handshake/server/*.rs error.rs
}

check() {
    local places own
    places=$(places "$@")
    own=$(without_exceptions <<<"$places")
    if [ -n "$own" ]; then
        echo "these functions can panic:" >&2
        echo "$own" >&2
        exit 1
    fi
    echo "no panic in the core and the handshake${*:+ with $*};" \
        "$(wc -l <<<"$places") functions of others can panic, and have reasons in \`exceptions\`"
}

# With the feature `panics` the program itself can panic in two ways, and nothing more.
the_proof_proves_something() {
    local own
    own=$(places --features panics | without_exceptions)
    if [ "$(cut -f 2 <<<"$own" | sed 's/:.*//')" != $'src/panics.rs\nsrc/panics.rs' ]; then
        echo "two panics were put into the program, and found was this: $own" >&2
        exit 1
    fi
    echo "two panics that were put into the program are found"
}

# Builds and runs the program with these features, and prints each place that calls a panic: the
# function that it belongs to, a tab, its file, and its line.
places() {
    local program=${CARGO_TARGET_DIR:-target}/release/no-panic address
    cargo rustc --quiet --release "$@" -- -C llvm-args=-enable-tail-merge=0 >&2
    "$program" >&2
    objdump --disassemble --no-show-raw-insn --demangle "$program" \
        | awk -v panics="<($panics)" '
            /^[0-9a-f]+ <.*>:$/ { skip = $0 ~ panics; next }
            !skip && $0 ~ ("(call|jmp|j[a-z]+) +[0-9a-f]+ " panics) { sub(/:.*/, ""); print "0x" $1 }
        ' >"$program.places"
    while read -r address; do
        addr2line --exe "$program" --inlines --functions --demangle "$address" | owner
    done <"$program.places" | sort -u
}

# Reads pairs of a function and its place, the innermost first.
owner() {
    awk '
        NR % 2 { name = $0; next }
        {
            place = $0
            sub(/ \(discriminator [0-9]+\)/, "", place)
            sub(/^.*\/registry\/src\/[^\/]*\//, "", place)
            sub(/^.*\/proof\/no-panic\//, "", place)
            in_core = sub(/^.*\/library\/core\//, "core/", place)
        }
        !in_core && !found { found = name "\t" place }
        END { print found ? found : name "\t" place }
    '
}

without_exceptions() {
    grep -vE -f <(sed -E '/^(#|$)/d; s/ +# .*//' exceptions) || true
}

main
