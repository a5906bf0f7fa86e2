#!/usr/bin/env bash
# Counts the instructions that each hostile input costs with one size and with double
# the size. The script fails if the second count is more than about double, because
# then the work is not linear in the size of the input.
#
#   benches/work.sh               every input
#   benches/work.sh 'Cookie' 4    the inputs whose names contain a word, 4 times as long
#
# Prints a line for each input and each way to process it: the ratio of the two
# counts, the instructions for each further byte, and the name. The counts are exact:
# they do not depend on what else the machine does. The inputs are in
# tests/support/src/hostile/growing. The script needs valgrind.
set -euo pipefail
cd "$(dirname "$0")/.."

# The largest ratio that passes. Linear work has a ratio of about 2, with a little more
# for buffers and tables that grow. Quadratic work has a ratio of about 4.
most=2.05
# callgrind counts a `rep movsb` once for each byte. With these settings glibc copies and
# fills memory with vector instructions instead.
export GLIBC_TUNABLES=glibc.cpu.x86_rep_movsb_threshold=2000000000:glibc.cpu.x86_rep_stosb_threshold=2000000000

main() {
    local program folder
    program=$(build)
    folder=$(mktemp -d)
    # shellcheck disable=SC2064 # the trap uses the present value
    trap "rm -rf '$folder'" EXIT

    measure "$program" "$folder" --quadratic
    if compare "$folder" >/dev/null; then
        echo "$0 does not notice quadratic work" >&2
        exit 1
    fi
    measure "$program" "$folder" "$@"
    compare "$folder"
}

# Prints the path of the program, which cargo prints in its last line. The smoke test of
# the benchmarks has the same profile, so in `.ci/run` the program is already built.
build() {
    cargo bench -p benches --profile release --all-features --bench work --no-run >&2
    cargo bench -p benches --profile release --all-features --bench work --no-run 2>&1 |
        sed -n 's/.*Executable .*(\(.*\))$/\1/p'
}

# Runs the program. Writes the sizes and the names of the runs to the file `names`, and
# the count of run N to the file `counts.N`. callgrind counts only inside the function
# `measured`, and writes a file after each call of this function.
measure() {
    local program=$1 folder=$2
    shift 2
    rm -f "$folder"/*
    valgrind --tool=callgrind --callgrind-out-file="$folder/counts" \
        --toggle-collect=work::measured --dump-after=work::measured \
        "$program" "$@" >"$folder/names" 2>"$folder/log" || {
        cat "$folder/log" >&2
        return 1
    }
}

compare() {
    local folder=$1 number=0 name
    while read -r name; do
        number=$((number + 1))
        echo "$(sed -n 's/^totals: //p' "$folder/counts.$number") $name"
    done <"$folder/names" |
        awk -v most="$most" '
            {
                count = $1; size = $2
                sub(/^[0-9]+ [0-9]+ /, "")
            }
            NR % 2 { before = count; small = size; next }
            {
                ratio = count / before
                word = ratio > most ? "MORE THAN LINEAR" : ""
                printf "%6.3f %8.1f  %s %s\n", ratio, (count - before) / (size - small), $0, word
                more += ratio > most
                rows++
            }
            END {
                printf "\n%d inputs, %d of them cost more than %.2f times as much with double the size\n",
                    rows, more, most
                exit more || !rows
            }'
}

main "$@"
