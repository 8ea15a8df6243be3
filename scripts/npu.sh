#!/usr/bin/env bash
# What takes longer than the test group npu: models/finder compiled for every SoC, and 200 questions to fp32, the CPU and three SoCs on Qualcomm's
# simulator. Hours: the simulator takes seconds a segment. models/reader is compiled for every SoC that takes it; what it loses is
# `scripts/lab.sh accelerated-reader`'s to say, which needs people's questions.
#
#     scripts/npu.sh CHECKPOINT            the finder's checkpoint, for the fp32 row
#     scripts/npu.sh CHECKPOINT --questions 20 --minutes 30
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"

[ $# -gt 0 ] || fail "no checkpoint was named" "scripts/npu.sh CHECKPOINT [--questions N] [--write]"
checkpoint=$(realpath "$1")
shift
command_line
cd "$root"
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
run_lab export "$checkpoint" "$made/fp32" --preset scripts/lab/finder/preset.json --name finder --precision fp32
run_lab compile-npu models/finder target/finder-npu
run_lab compile-reader-npu models/reader target/reader-npu
run_lab compile-npu models/finder "$made/npu" --unshared --scenario default --soc SM8550 SM8650 SM8750
EDGEINFINITE_NPU_LIBRARY=$(npu_library)
export EDGEINFINITE_NPU_LIBRARY
run_lab accelerators "$made/npu" --fp32 "$made/fp32" --soc SM8550 SM8650 SM8750 "$@"
