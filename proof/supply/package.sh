#!/usr/bin/env bash
# Packages the crate twice. Checks that both packages are the same file, that the package contains
# only files that users need, and that the package builds.
#
#   proof/supply/package.sh
#
# The script packages the last commit: from two clones in different directories, with different
# times and permissions of the files, and with different values of `TZ` and `LANG`.
set -euo pipefail
cd "$(dirname "$0")/../.."

root=$PWD
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
export CARGO_INCREMENTAL=0

main() {
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT

    local one two
    (umask 022 && git clone --quiet --no-hardlinks "$root" "$work/one")
    (umask 077 && git clone --quiet --no-hardlinks "$root" "$work/another/directory")
    find "$work/another/directory" -type f -not -path '*/.git/*' \
        -exec touch -d '2001-02-03 04:05:06' {} +
    one=$(TZ=UTC LANG=C package "$work/one")
    two=$(umask 077 && TZ=Asia/Tokyo LANG=de_DE.UTF-8 package "$work/another/directory")
    sha256sum "$one" "$two" | sed "s|$work/||"
    cmp "$one" "$two"

    mkdir "$work/unpacked"
    # The files get new times. Otherwise cargo would treat the package as one that it has built.
    tar -xzmf "$one" -C "$work/unpacked"
    local unpacked
    unpacked=$(echo "$work"/unpacked/*)
    contents "$unpacked"

    # The documentation contains the pages in `docs`. A test (`tests/docs/links.rs`) checks that no
    # link leaves the package. The package is built in a workspace of its own, in another place than
    # in the repository. So cargo does not confuse the two, and uses the dependencies that it has
    # built.
    printf '[workspace]\nresolver = "3"\nmembers = ["%s"]\n' "${unpacked##*/}" \
        >"$work/unpacked/Cargo.toml"
    mv "$unpacked/Cargo.lock" "$work/unpacked"
    cd "$unpacked"
    export CARGO_TARGET_DIR=$target
    RUSTDOCFLAGS='-D warnings' cargo doc --quiet --locked --no-deps --all-features
    cargo check --quiet --locked --no-default-features
    echo "the package is reproducible, and builds"
}

# Packages the clone, and prints the path of the package.
package() {
    cd "$1"
    CARGO_TARGET_DIR=$1/target cargo package --quiet --locked --no-verify --package websocket-proto
    echo "$1"/target/package/*.crate
}

# Checks that each file of the package is an unchanged file of the repository, and that users need
# it.
contents() {
    local file failed=0
    while read -r file; do
        case $file in
            # cargo writes these.
            Cargo.toml | Cargo.lock | .cargo_vcs_info.json) continue ;;
            Cargo.toml.orig)
                cmp "$1/$file" "$work/one/Cargo.toml" || failed=1
                continue
                ;;
            src/*.rs | docs/*.md | README.md | CHANGELOG.md | SECURITY.md | LICENSE-*) ;;
            *)
                echo "the package contains $file" >&2
                failed=1
                continue
                ;;
        esac
        cmp "$1/$file" "$work/one/$file" || failed=1
    done < <(cd "$1" && find . -type f -printf '%P\n' | LC_ALL=C sort)
    if [ -n "$(find "$1" -not -type f -not -type d)" ]; then
        echo "the package contains something that is neither a file nor a directory" >&2
        failed=1
    fi
    for file in README.md CHANGELOG.md SECURITY.md LICENSE-MIT LICENSE-APACHE src/lib.rs; do
        if [ ! -f "$1/$file" ]; then
            echo "the package lacks $file" >&2
            failed=1
        fi
    done
    if grep -rlE '(^|[^a-z])/(home|root|tmp|work)/[a-z]' "$1"; then
        echo "these files contain a path of a machine" >&2
        failed=1
    fi
    return "$failed"
}

main
