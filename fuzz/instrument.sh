#!/bin/sh
# rustc for cargo (RUSTC_WRAPPER): the fuzzer follows the branches of our own crate; those of others cost time and lead elsewhere.
rustc=$1
shift
case " $* " in
*" --crate-name qingbao "*)
    exec "$rustc" "$@" -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
        -Cllvm-args=-sanitizer-coverage-pc-table -Ccodegen-units=1
    ;;
esac
exec "$rustc" "$@"
