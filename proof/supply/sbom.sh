#!/usr/bin/env bash
# Writes a software bill of materials (CycloneDX 1.5, JSON) of the library with every feature, on
# every target, and checks that it lists exactly the crates of `dependencies.txt`.
#
#   proof/supply/sbom.sh [FILE]
#
# FILE is `target/sbom/websocket-proto.cdx.json` by default. The script describes the last commit.
# It installs cargo-cyclonedx if that is missing, which takes a few minutes.
set -euo pipefail
cd "$(dirname "$0")/../.."

tools=${XDG_CACHE_HOME:-$HOME/.cache}/websocket-proto/tools
export PATH=$tools/bin:$PATH

list=$PWD/proof/supply/dependencies.txt
file=$(realpath -m "${1:-${CARGO_TARGET_DIR:-target}/sbom/websocket-proto.cdx.json}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if ! cargo cyclonedx --version >/dev/null 2>&1; then
    cargo install --quiet --locked --root "$tools" cargo-cyclonedx@0.5.9
fi

git clone --quiet . "$work/clone"
cd "$work/clone"
CARGO_TARGET_DIR=$work/target cargo package --quiet --locked --no-verify --package websocket-proto
mkdir "$work/unpacked"
tar -xzf "$work"/target/package/*.crate -C "$work/unpacked"
cd "$work"/unpacked/*

# cargo-cyclonedx adds the features that the tests enable, and the crates that these features bring.
# A package without tests has only its own features and crates.
awk '/^\[/ { skip = /^\[dev-dependencies/ } !skip' Cargo.toml >without-tests
mv without-tests Cargo.toml
rm Cargo.toml.orig
cp "$OLDPWD/Cargo.lock" Cargo.lock

SOURCE_DATE_EPOCH=$(git -C "$OLDPWD" log -1 --format=%ct)
export SOURCE_DATE_EPOCH
cargo cyclonedx --quiet --format json --spec-version 1.5 --all-features --target all \
    --override-filename sbom
# Readers do not need the directory of this run.
sed -i "s|path+file://$PWD|path+file:///websocket-proto|g" sbom.json

python3 - sbom.json "$list" <<'END'
import json
import sys

path, listed = sys.argv[1:]
bill = json.load(open(path))

# cargo-cyclonedx reads `crc32fast?/std`, a feature of flate2, as a dependency. flate2 on zlib-rs
# does not have this dependency.
extra = {c["bom-ref"] for c in bill["components"] if c["name"] == "crc32fast"}
bill["components"] = [c for c in bill["components"] if c["bom-ref"] not in extra]
bill["dependencies"] = [d for d in bill["dependencies"] if d["ref"] not in extra]
for dependency in bill["dependencies"]:
    if "dependsOn" in dependency:
        dependency["dependsOn"] = [ref for ref in dependency["dependsOn"] if ref not in extra]

found = sorted(component["name"] for component in bill["components"])
lines = [line for line in open(listed) if not line.startswith("= ")]
expected = sorted(line.split()[0] for line in lines)
if found != expected:
    sys.exit(f"missing: {set(expected) - set(found)}, not expected: {set(found) - set(expected)}")
without = [c["name"] for c in bill["components"] if not (c.get("hashes") and c.get("licenses"))]
if without:
    sys.exit(f"without a checksum or a licence: {without}")
with open(path, "w") as file:
    json.dump(bill, file, indent=2)
print(f"{len(found)} crates, each with its version, licence and checksum")
END

mkdir -p "$(dirname "$file")"
cp sbom.json "$file"
echo "$file"
