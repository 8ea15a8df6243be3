#!/usr/bin/env bash
# What takes longer than a test: flat memory up to a million tokens, a 100 MB file, interrupts, kill -9 while reading, speed over lengths; and
# 10,000 random texts that are read, asked, saved and restored ($PROPTEST_CASES of them); and changed files of each format of documents for a
# minute each ($EDGEINFINITE_FUZZ_SECONDS). SmolLM2, out of its GGUF, is verified where it can be had (scripts/models.sh), and gets graphs for
# NNAPI and for two of Qualcomm's NPUs, whose next tokens the simulator says; scripts/lab.sh imported holds it against transformers. The reader
# is compiled for the same two.
# Prints a table, checks each promise, and writes docs/records/<date>-<machine>.json.
#
#     scripts/prove.sh                          about thirty minutes on two quiet cores
#     scripts/prove.sh --longest 100000         shorter texts; no record unless --record is given as well
#     scripts/prove.sh --model DIR --help
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"

command_line
if [[ " $* " != *" --help "* ]]; then
  export PROPTEST_CASES=${PROPTEST_CASES:-10000}
  say "$PROPTEST_CASES random texts: read, asked, saved, restored"
  # In memory where there is such a place: each text is saved, and a save waits for the disk.
  if [ -w /dev/shm ]; then memory=/dev/shm; else memory=${TMPDIR:-/tmp}; fi
  TMPDIR=$memory cargo test --quiet --locked --manifest-path "$root/Cargo.toml" --package edgeinfinite-core --test citing any_text
  export EDGEINFINITE_FUZZ_SECONDS=${EDGEINFINITE_FUZZ_SECONDS:-60}
  say "$EDGEINFINITE_FUZZ_SECONDS s of changed files for each format"
  cargo test --quiet --locked --manifest-path "$root/Cargo.toml" --package edgeinfinite-documents --test hostile -- --ignored
  say "a shelf, killed at 200 random moments"
  EDGEINFINITE_SHELF_KILLS=200 cargo test --quiet --locked --manifest-path "$root/Cargo.toml" --package edgeinfinite-cli --test shelf killed
  if real=$("$root/scripts/models.sh" smollm2); then "$cli" verify --model "$real"; fi
  if real=$("$root/scripts/models.sh" --plain smollm2); then
    "$cli" verify --model "$real"
    made=$(mktemp -d)
    trap 'rm -rf "$made"' EXIT
    run_lab compile-nnapi "$real" "$made/fixed" --scenario short
    run_lab compile-npu "$real" "$made/npu" --unshared --scenario short --soc SM8650 SM8750
    run_lab compile-reader-npu "$root/models/reader" "$made/reader" --soc SM8650 SM8750
    run_lab simulated "$made/npu" --soc SM8650 SM8750 --tokens 34 --least 0.8
    rm -rf "$made"
  fi
fi
lab_command endurance
exec "${lab[@]}" "$cli" "$@"
