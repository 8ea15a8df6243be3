#!/usr/bin/env bash
# Makes the finder again, from nothing: tokenizer, base with a memory, gates (S-SFT), model folder.
#
#     scripts/finder.sh OUT                 models/finder stays as it is; OUT/model is the folder
#     scripts/finder.sh OUT --minutes 60    how long the base trains (the clock sets the schedule; 170 unless said)
#
# On two cores, with nothing beside it, not quite three hours: 170 minutes the base, 4 the gates, the rest counting. It goes on where it was cut.
# The scoring is that of scripts/lab/finder/preset.json; scripts/lab.sh calibrate --model OUT/model shows what others would do.
# Needs what scripts/test.sh lab installs (5 GB); a GPU is used where PyTorch finds one.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"

if [ $# = 0 ] || [ "${1#-}" != "$1" ]; then
  printf 'usage: scripts/finder.sh OUT [--minutes N]\n' >&2
  exit 2
fi
out=$(realpath -m "$1")
shift
mkdir -p "$out"
cd "$root"
ensure python

[ -e "$out/tokenizer.json" ] || run_lab tokenizer "$out/tokenizer.json"
[ -e "$out/checkpoint/model.safetensors" ] ||
  run_lab pretrain "$out/checkpoint" --tokenizer "$out/tokenizer.json" --minutes 170 "$@"
[ -e "$out/checkpoint/gates.safetensors" ] || run_lab finder.ssft "$out/checkpoint"
run_lab export "$out/checkpoint" "$out/model" --preset scripts/lab/finder/preset.json --name finder
