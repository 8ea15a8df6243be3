#!/usr/bin/env bash
# What takes longer than a test: flat memory up to a million tokens, a 100 MB file, an interrupt, speed over lengths.
# Prints a table, checks each promise, and writes docs/records/<date>-<machine>.json.
#
#     scripts/prove.sh                          about three minutes on two quiet cores
#     scripts/prove.sh --longest 100000         shorter texts; no record unless --record is given as well
#     scripts/prove.sh --model DIR --help
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"

command_line
exec "$python" "$root/scripts/prove.py" "$cli" "$@"
