#!/usr/bin/env bash
# Graphs for Qualcomm's NPU beside those of a model folder: compile_npu.py with all that it needs (600 MB the first time).
#
#     scripts/compile_npu.sh models/demo target/demo-npu
#     scripts/compile_npu.sh --help
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"

ensure python
exec "$(environment npu)/bin/python" "$root/scripts/compile_npu.py" "$@"
