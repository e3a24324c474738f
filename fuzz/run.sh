#!/usr/bin/env bash
# Fuzzes every target for so many seconds each: fuzz/run.sh [SECONDS] [TARGET…]. Works with a stable compiler; findings are
# left in fuzz/artifacts/. FUZZ_PROFILE=dev is built in a few minutes and tries less in a second; FUZZ_SEED=1 tries the same each time.
set -euo pipefail
cd "$(dirname "$0")"
seconds=${1:-60}
shift || true
profile=${FUZZ_PROFILE:-release}
export RUSTC_WRAPPER="$PWD/instrument.sh"
cargo build --locked --profile "$profile"
built=${CARGO_TARGET_DIR:-target}/${profile/#dev/debug}
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(page listing growth charset dates robots config mail series)
for target in "${targets[@]}"; do
    mkdir -p "corpus/$target" "artifacts/$target"
    seeds=()
    [ -d "seeds/$target" ] && seeds=("seeds/$target")
    echo "== $target"
    "$built/$target" -max_total_time="$seconds" -seed="${FUZZ_SEED:-0}" -timeout=20 -rss_limit_mb=2048 -max_len=65536 -print_final_stats=1 \
        -artifact_prefix="artifacts/$target/" "corpus/$target" "${seeds[@]}" 2>&1 | grep -E "ERROR|SUMMARY|panicked|stat::number_of_executed_units|stat::peak_rss_mb|artifact" || true
    if [ -n "$(ls -A "artifacts/$target")" ]; then
        echo "findings in fuzz/artifacts/$target"
        exit 1
    fi
done
