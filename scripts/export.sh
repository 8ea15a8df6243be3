#!/usr/bin/env bash
# Makes a model folder of a Hugging Face checkpoint, your own: lab.sh export, with all that it needs (5 GB the first time).
#
#     scripts/export.sh ~/checkpoints/Qwen2.5-0.5B-Instruct models/mine
#     scripts/export.sh --help
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"

ensure python
lab_command export
exec "${lab[@]}" "$@"
