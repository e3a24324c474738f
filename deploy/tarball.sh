#!/usr/bin/env bash
# A plain archive for machines without packages: deploy/tarball.sh → target/qingbao-VERSION-ARCH.tar.gz
set -euo pipefail
cd "$(dirname "$0")/.."
. deploy/dist.sh
version=$(cargo metadata --no-deps --format-version 1 --locked | sed -n 's/.*"name":"qingbao","version":"\([^"]*\)".*/\1/p')
name="qingbao-$version-$(uname -m)"
stage="target/$name"
rm -rf "$stage"
install -d "$stage/docs" "$stage/deploy"
install -m 755 target/dist/qingbao "$stage/"
strip "$stage/qingbao"
deploy/extras.sh "$stage/qingbao" target/extras
cp -r target/extras/* "$stage/"
cp sources.toml README.md README.zh-CN.md CONTRIBUTING.md ARCHITECTURE.md CHANGELOG.md LICENSE-* "$stage/"
cp -r docs/*.md docs/pictures "$stage/docs/"
cp -r deploy/*.service deploy/*.timer deploy/*.conf deploy/qingbao.toml deploy/worker.toml deploy/nats-setup deploy/monitoring "$stage/deploy/"
# the same input gives the same archive
tar --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" -C target -czf "target/$name.tar.gz" "$name"
echo "target/$name.tar.gz"
