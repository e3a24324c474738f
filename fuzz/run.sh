#!/usr/bin/env bash
# Fuzzes every target for so many seconds each: fuzz/run.sh [SECONDS] [TARGET…]. Works with a stable compiler; findings are
# left in fuzz/artifacts/.
set -euo pipefail
cd "$(dirname "$0")"
seconds=${1:-60}
shift || true
export RUSTFLAGS="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table -Ccodegen-units=1"
# coverage is for targets, not for what builds them
cargo build --release --target "$(rustc -vV | sed -n 's/^host: //p')"
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(page listing growth charset dates robots config mail series)
for target in "${targets[@]}"; do
    mkdir -p "corpus/$target" "artifacts/$target"
    seeds=()
    [ -d "seeds/$target" ] && seeds=("seeds/$target")
    echo "== $target"
    target/*/release/"$target" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -max_len=65536 -print_final_stats=1 \
        -artifact_prefix="artifacts/$target/" "corpus/$target" "${seeds[@]}" 2>&1 | grep -E "ERROR|SUMMARY|panicked|stat::number_of_executed_units|stat::peak_rss_mb|artifact" || true
    if [ -n "$(ls -A "artifacts/$target")" ]; then
        echo "findings in fuzz/artifacts/$target"
        exit 1
    fi
done
