#!/usr/bin/env bash
# A Debian package with manual pages and completions: deploy/deb.sh [FOLDER] → FOLDER (default target/debian). Needs cargo-deb.
set -euo pipefail
cd "$(dirname "$0")/.."
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
export SOURCE_DATE_EPOCH
cargo build --profile dist --locked
deploy/extras.sh target/dist/qingbao target/extras
cargo deb --profile dist --locked --no-build --output "${1:-target/debian}/"
