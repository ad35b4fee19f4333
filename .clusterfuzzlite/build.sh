#!/bin/bash
# Builds the fuzz targets as ClusterFuzzLite and OSS-Fuzz want them: one program for each in $OUT,
# with its seeds and its options beside it. Run by the base image.
set -euo pipefail

: "${SRC:?}" "${OUT:?}" "${SANITIZER:?}" "${FUZZING_ENGINE:?}"
cd -- "$SRC/growstack"

if [[ $FUZZING_ENGINE != libfuzzer ]]; then
  printf 'build.sh: the targets are for libFuzzer, not for %s\n' "$FUZZING_ENGINE" >&2
  exit 1
fi
case $SANITIZER in
  address | none) sanitizer=$SANITIZER ;;
  # The image's own cargo takes `cargo fuzz` for a build with coverage then, and reads no option.
  coverage) sanitizer=none ;;
  *)
    printf 'build.sh: Rust has no sanitizer "%s" here\n' "$SANITIZER" >&2
    exit 1
    ;;
esac

# With debug assertions, because they are checks of the engine that only tests have.
cargo fuzz build --sanitizer "$sanitizer" --release --debug-assertions

triple=$(rustc --version --verbose | sed -n 's/^host: //p')
built=${CARGO_TARGET_DIR:-target}/$triple/release
# Not `cargo fuzz list`, which prints nothing under the image's cargo in a build with coverage.
for source in fuzz/fuzz_targets/*.rs; do
  target=$(basename -- "$source" .rs)
  # It tests the kernel that it runs on, by the command growstack beside it, and covers the oracle alone.
  [[ $target != linux ]] || continue
  cp -- "$built/$target" "$OUT/"
  # A zip file that is there already would be added to.
  rm -f -- "$OUT/${target}_seed_corpus.zip"
  zip -jqr "$OUT/${target}_seed_corpus.zip" "corpus/$target"
  # No input of the seeds is longer; a run of one takes milliseconds.
  printf '[libfuzzer]\nmax_len = 8192\ntimeout = 20\n' >"$OUT/$target.options"
done
