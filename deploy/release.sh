#!/usr/bin/env bash
# Everything a release consists of: deploy/release.sh → target/release-files/. Needs cargo-deb, cargo-deny and cargo-cyclonedx.
set -euo pipefail
cd "$(dirname "$0")/.."
[ -z "$(git status --porcelain)" ] || { echo "commit first: a release is made of what is committed" >&2; exit 1; }
out=target/release-files
rm -rf "$out" && mkdir -p "$out"
cargo deny check
deploy/deb.sh "$out"
cp "$(deploy/tarball.sh | tail -n 1)" "$out/"
# every crate in the binary, with version and licence
cargo cyclonedx --format json --override-filename qingbao-sbom
mv qingbao-sbom.json "$out/"
(cd "$out" && sha256sum ./* > SHA256SUMS)
ls -l "$out"
