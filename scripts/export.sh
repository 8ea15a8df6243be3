#!/usr/bin/env bash
# Makes a model folder of your own model, with all that it needs:
# of a GGUF file by lab.sh import-gguf (240 MB the first time), of a Hugging Face folder by lab.sh export (5 GB).
#
#     scripts/export.sh ~/models/SmolLM2-135M-Instruct.Q4_1.gguf models/mine
#     scripts/export.sh ~/checkpoints/Qwen2.5-0.5B-Instruct models/mine
#     scripts/export.sh --help
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"

# is_gguf FILE : by its name, or by how it begins.
is_gguf() { [[ $1 == *.gguf ]] || { [ -f "$1" ] && [ "$(head -c 4 "$1")" = GGUF ]; }; }

name="export"
for argument; do
  if is_gguf "$argument"; then name=import-gguf; fi
done

ensure python
lab_command "$name"
exec "${lab[@]}" "$@"
