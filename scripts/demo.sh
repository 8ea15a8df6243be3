#!/usr/bin/env bash
# The main job on a desk: two documents read, summarised and questioned, one of them long; then what it cost, side by side.
#
#     scripts/demo.sh              the GNU GPL, and a generated text of 100,000 tokens
#     scripts/demo.sh 1000000      the same with a million
#
# Needs Python 3.11 and cargo. The first run builds the engine and fetches ONNX Runtime. $EDGEINFINITE_MODEL chooses another model.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"

tokens=${1:-100000}
[[ $tokens =~ ^[1-9][0-9]*$ ]] || {
  printf 'usage: scripts/demo.sh [TOKENS]\n' >&2
  exit 2
}

command_line

bold='' dim='' plain=''
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then bold=$'\e[1m' dim=$'\e[2m' plain=$'\e[0m'; fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$python" "$root/scripts/generate.py" --tokens "$tokens" --seed 7 --facts "$work/facts.json" >"$work/generated.txt"

# meet NAME TITLE FILE QUESTION QUESTION
meet() {
  local name=$1 title=$2 file=$3
  shift 3
  printf '\n%s━━ %s%s  %s%s kB%s\n' "$bold" "$title" "$plain" "$dim" "$(($(wc -c <"$file") / 1000))" "$plain"
  printf '\n%ssummary%s\n' "$bold" "$plain"
  "$cli" summarize "$file" --usage "$work/$name.summary.json"
  printf '\n%squestions%s\n' "$bold" "$plain"
  "$cli" ask "$file" "$@" --usage "$work/$name.ask.json"
}

documents=()
licence=/usr/share/common-licenses/GPL-3
if [ -r "$licence" ]; then
  documents+=(GPL-3)
  meet GPL-3 "GNU General Public License, version 3" "$licence" \
    "How long must the offer of the source be valid?" \
    "What happens if I violate the license?"
else
  printf '%s is not on this machine: the generated text alone\n' "$licence" >&2
fi

mapfile -t questions < <("$python" -c '
import json, sys
facts = json.load(open(sys.argv[1]))
print(facts[0]["question"], facts[-1]["question"], sep="\n")
' "$work/facts.json")
documents+=(generated)
meet generated "A generated text of $tokens tokens" "$work/generated.txt" "${questions[@]}"

printf '\n%s━━ What it cost%s\n\n' "$bold" "$plain"
"$python" - "$work" "${documents[@]}" <<'PY'
import json, sys
from pathlib import Path

work, *documents = sys.argv[1:]
usages = [[json.loads(Path(work, f"{name}.{task}.json").read_text())["usage"] for task in ("ask", "summary")] for name in documents]
most = lambda key: [max(usage[key] for usage in pair) for pair in usages]
seconds = lambda values: [f"{value / 1000:.2f} s" for value in values]
size = lambda value: f"{value / 1e6:.1f} MB" if value >= 1e6 else f"{value / 1e3:.1f} kB"
first = [pair[0] for pair in usages]
rows = [
    ("", documents),
    ("tokens read", [f"{u['document_tokens']:,}" for u in first]),
    ("time to read", seconds([u["index_ms"] + u["read_ms"] for u in first])),
    ("time to first token", seconds(u["ttft_ms"] for u in first)),
    ("tokens written per second", [f"{u['decode_tokens_per_s']:.0f}" for u in first]),
    ("state", [size(value) for value in most("state_bytes")]),
    ("index, on disk", [size(value) for value in most("index_bytes")]),
    ("peak memory of the process", [size(value) for value in most("peak_rss_bytes")]),
]
for label, cells in rows:
    print(f"  {label:28}" + "".join(f"{cell:>14}" for cell in cells))
PY
