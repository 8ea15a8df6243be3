#!/usr/bin/env bash
# A command of the lab (scripts/lab), in an environment that holds what it imports; that is installed the first time.
#
#     scripts/lab.sh                                    lists the commands
#     scripts/lab.sh export ~/checkpoints/mine models/mine
#     scripts/lab.sh ssft --help
#     scripts/lab.sh python -m pytest scripts/tests/export    the lab's Python itself
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"

ensure python
if [ $# = 0 ]; then
  PYTHONPATH=$root/scripts exec "$python" -P -m lab
fi
if [ "$1" = python ]; then
  PYTHONPATH=$root/scripts exec "$(environment lab)/bin/python" "${@:2}"
fi
lab_command "$1"
exec "${lab[@]}" "${@:2}"
