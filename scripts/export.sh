#!/usr/bin/env bash
# Makes a model folder of a Hugging Face checkpoint, your own: export.py with all that it needs (5 GB the first time).
#
#     scripts/export.sh ~/checkpoints/Qwen2.5-0.5B-Instruct models/mine
#     scripts/export.sh --help
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"

ensure python
exec "$(environment lab)/bin/python" "$root/scripts/export.py" "$@"
