#!/usr/bin/env bash
# Graphs for Qualcomm's NPU beside those of a model folder: lab.sh compile-npu, with all that it needs (600 MB the first time).
#
#     scripts/compile_npu.sh models/demo target/demo-npu
#     scripts/compile_npu.sh --help
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"

ensure python
lab_command compile-npu
exec "${lab[@]}" "$@"
