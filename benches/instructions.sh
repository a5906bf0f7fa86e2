#!/usr/bin/env bash
# Counts the instructions of some workloads with callgrind, and compares them with
# the baseline in instructions.txt. The script fails if a workload takes over 5 %
# more.
#
#   benches/instructions.sh            compares with the baseline
#   benches/instructions.sh --update   writes the baseline
#
# Each workload runs twice, with few and with many passes. The difference is
# counted, so the start of the program does not count. The counts depend on the
# compiler and on the vector instructions of the processor. The baseline names
# both. If they differ from those of this machine, the script prints the changes
# and does not fail. Then write a new baseline. A workload that is missing on one
# side is always a failure. The script needs valgrind.
set -euo pipefail
cd "$(dirname "$0")/.."

baseline=benches/instructions.txt
few=4
many=8
tolerance=5
# callgrind counts a `rep movsb` once for each byte. With this glibc copies and fills
# with vectors instead.
export GLIBC_TUNABLES=glibc.cpu.x86_rep_movsb_threshold=2000000000:glibc.cpu.x86_rep_stosb_threshold=2000000000

main() {
    local results status=0
    results=$(mktemp)
    # shellcheck disable=SC2064 # the name is known now
    trap "rm -f '$results'" EXIT

    local program
    program=$(build)
    measure "$program" >"$results"
    case ${1-} in
    --update)
        cp "$results" "$baseline"
        echo "wrote $baseline"
        ;;
    '') compare "$results" || status=$? ;;
    *)
        echo "usage: benches/instructions.sh [--update]" >&2
        status=2
        ;;
    esac
    return "$status"
}

# Prints the path of the program. Cargo names it in its last line.
build() {
    cargo bench -p benches --bench instructions --no-run >&2
    cargo bench -p benches --bench instructions --no-run 2>&1 |
        sed -n 's/.*Executable .*(\(.*\))$/\1/p'
}

# Prints a baseline for this machine: a head, and a line for each workload with the
# instructions for one message or handshake.
measure() {
    local program=$1 name items before after line
    echo "# $(rustc --version)"
    echo "# $(machine)"
    "$program" --list | while read -r name items; do
        before=$(count "$program" "$name" "$few")
        after=$(count "$program" "$name" "$many")
        line=$(awk -v name="$name" -v all="$((after - before))" \
            -v items="$((items * (many - few)))" \
            'BEGIN { printf "%-44s %12.1f", name, all / items }')
        echo "$line"
        echo "$line" >&2
    done
}

# The kind of processor, as far as this crate and the C library look at it.
machine() {
    local vectors=''
    if grep -qw avx2 /proc/cpuinfo; then vectors=' avx2'; fi
    echo "$(uname -m)$vectors"
}

count() {
    local program=$1 name=$2 passes=$3
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$program" "$name" "$passes" 2>&1 |
        sed -n 's/.*Collected : \([0-9]*\).*/\1/p'
}

compare() {
    local results=$1 same=1
    if ! diff <(grep '^#' "$baseline") <(grep '^#' "$results") >/dev/null; then
        same=0
        echo
        echo "The baseline was made with another compiler or processor, so nothing fails:"
        diff <(grep '^#' "$baseline") <(grep '^#' "$results") || true
    fi
    echo
    awk -v tolerance="$tolerance" -v same="$same" '
        /^#/ { next }
        NR == FNR { old[$1] = $2; next }
        !($1 in old) { printf "%-44s is not in the baseline\n", $1; missing++; next }
        {
            change = 100 * ($2 / old[$1] - 1)
            word = change > tolerance ? "MORE" : change < -tolerance ? "less" : ""
            printf "%-44s %12.1f -> %12.1f  %+6.1f %% %s\n", $1, old[$1], $2, change, word
            more += change > tolerance
            less += change < -tolerance
            delete old[$1]
        }
        END {
            for (name in old) { printf "%-44s is only in the baseline\n", name; missing++ }
            printf "\n%d over %d %% more, %d over %d %% less, %d not in both\n",
                more, tolerance, less, tolerance, missing
            if (less || missing) print "benches/instructions.sh --update writes a new baseline"
            exit (same && more) || missing
        }' "$baseline" "$results"
}

main "$@"
