#!/usr/bin/env bash
# Two Debian packages, qingbao and qingbao-worker: deploy/deb.sh [FOLDER] → FOLDER (default target/debian). Needs cargo-deb.
set -euo pipefail
cd "$(dirname "$0")/.."
. deploy/dist.sh
deploy/extras.sh target/dist/qingbao target/extras
cargo deb --profile dist --locked --no-build --output "${1:-target/debian}/"
# for machines that only fetch
cargo deb --profile dist --locked --no-build --variant worker --output "${1:-target/debian}/"
