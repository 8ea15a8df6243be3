# shellcheck shell=bash
# What the other scripts stand on: finds the tools, installs what is missing, keeps environments outside the clone.
#
#     source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
#     ensure python cargo                # and lints (rustfmt, clippy), jdk
#     command_line                       # builds it, fetches ONNX Runtime meanwhile; then "$cli" ask …
#
# Only apt (as root, or with CI=true) changes the machine. Everything else goes to $EDGEINFINITE_CACHE,
# by default ~/.cache/edgeinfinite, and may be deleted at any time. Everything said goes to standard error.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
cache=${EDGEINFINITE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/edgeinfinite}
target=$(cd "$root" && realpath -m "${CARGO_TARGET_DIR:-target}")
rust_version=1.95
shopt -s inherit_errexit

# ONNX Runtime from 1.29 on makes a device id and reports to its maker, unless this is set before it is loaded.
export ORT_DISABLE_TELEMETRY=1

# ensure TOOL… : finds or installs python, cargo, lints, jdk; names all that is missing at once.
ensure() {
  local tool missing=
  for tool; do "ensure_$tool" || missing=yes; done
  [ -z "$missing" ] || exit 1
}

say() { printf '· %s\n' "$*" >&2; }

complain() {
  printf 'edgeinfinite: %s\n' "$1" >&2
  shift
  [ $# -eq 0 ] || printf '  %s\n' "$@" >&2
}

fail() {
  complain "$@"
  exit 1
}

# quietly WHAT COMMAND… : the command's output is seen only when it fails.
quietly() {
  local what=$1 output
  shift
  output=$("$@" 2>&1 </dev/null) || {
    printf '%s\n' "$output" | tail -n 60 >&2
    fail "$what failed; what it said stands above"
  }
}

# at_least WANTED FOUND : compares dotted versions.
at_least() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]; }

# digest : twelve letters that stand for standard input, for a name.
digest() { sha256sum | cut -c -12; }

# kept NAME COMMAND… : prints the folder of that name in the cache; the command, told its path last, fills it the first time.
# A second run waits for the first; one cut short is made anew. The command ends with `fail` or a status: `set -e` is off in it.
kept() {
  local folder=$cache/$1
  shift
  if [ ! -e "$folder/complete" ]; then
    mkdir -p "$cache" || fail "cannot write $cache; set EDGEINFINITE_CACHE to a folder that can be written"
    (
      flock 9
      [ ! -e "$folder/complete" ] || exit 0
      rm -rf "$folder"
      "$@" "$folder" >&2 || exit
      touch "$folder/complete"
    ) 9>"$folder.lock" || exit 1
  fi
  printf '%s\n' "$folder"
}

# ── Debian's packages ──────────────────────────────────────────────────────────────────────────────────────────────

may_install() { command -v apt-get >/dev/null && { [ "$(id -u)" = 0 ] || [ "${CI:-}" = true ]; }; }

apt_get() {
  local sudo=()
  [ "$(id -u)" = 0 ] || sudo=(sudo -n)
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@"
}

apt_update() {
  [ -n "${apt_updated:-}" ] || quietly "apt-get update" apt_get update
  apt_updated=yes
}

# apt_install WHY PACKAGE… : installs, or says what to type.
apt_install() {
  local why=$1
  shift
  if ! may_install; then
    complain "$why" "as root:  apt-get update && apt-get install --no-install-recommends $*"
    return 1
  fi
  apt_update
  say "$why: installing $*"
  quietly "apt-get install $*" apt_get install --no-install-recommends "$@"
  hash -r
}

# apt_ensure WHY PACKAGE… : the same, unless all are there.
apt_ensure() { dpkg -s "${@:2}" >/dev/null 2>&1 || apt_install "$@" || exit 1; }

# debian_version PACKAGE : the version that apt would install now, or nothing.
debian_version() { LC_ALL=C apt-cache policy "$1" 2>/dev/null | sed -n 's/^ *Candidate: \([0-9.]*\).*/\1/p'; }

# ── Python ─────────────────────────────────────────────────────────────────────────────────────────────────────────

# Sets python to a Python 3.11 or newer that can make virtual environments.
ensure_python() {
  local candidate
  for candidate in python3 python3.14 python3.13 python3.12 python3.11 /usr/bin/python3; do
    python=$(command -v "$candidate") || continue
    "$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && return
  done
  [ -z "${1:-}" ] || fail "no Python 3.11 with venv was found, although python3-venv is installed"
  apt_install "Python 3.11 or newer, with venv, is needed" python3 python3-venv || return
  ensure_python again
}

# environment GROUP : prints the folder of a virtual environment holding that group of scripts/pyproject.toml.
# Made once for each list of pins and each Python.
environment() {
  local group=$1 pins name
  pins=$("$python" - "$root/scripts/pyproject.toml" "$group" <<'PY'
import sys, tomllib

groups = tomllib.load(open(sys.argv[1], "rb"))["dependency-groups"]

def pins(group):
    for item in groups[group]:
        yield from pins(item["include-group"]) if isinstance(item, dict) else [item]

print(*sorted(set(pins(sys.argv[2]))), sep="\n")
PY
  ) || fail "scripts/pyproject.toml names no group \"$group\""
  name=$({ printf '%s\n' "$pins"; "$python" -c 'import sys, sysconfig as c; print(sys.base_prefix, sys.version_info[:2], c.get_platform())'; } |
    digest)
  kept "venv-$group-$name" install_packages "$group" "$pins"
}

# lab_command NAME : sets lab to the words that run this command of scripts/lab, in an environment that holds what it imports.
lab_command() {
  local found module group interpreter=$python
  found=$(PYTHONPATH=$root/scripts "$python" -P -m lab "$1") || exit 1
  read -r module group <<<"$found"
  [ "$group" = none ] || interpreter=$(environment "$group")/bin/python
  # shellcheck disable=SC2034  # used by those who source this
  lab=(env "PYTHONPATH=$root/scripts" "$interpreter" -P -m "$module")
}

# run_lab NAME ARGS… : runs it.
run_lab() {
  local lab
  lab_command "$1"
  "${lab[@]}" "${@:2}"
}

# install_packages GROUP PINS FOLDER : makes the virtual environment.
install_packages() {
  local group=$1 pins=$2 folder=$3
  say "installing Python packages ($group): $(tr '\n' ' ' <<<"$pins" | cut -c -90)"
  quietly "making $folder" "$python" -m venv "$folder"
  # Of `run` only the shared library in the wheel is wanted, not the packages that Python would need to call it.
  local options=(--disable-pip-version-check --no-input)
  [ "$group" != run ] || options+=(--no-deps)
  mapfile -t pins <<<"$pins"
  quietly "pip install ($group)" "$folder/bin/python" -m pip install "${options[@]}" "${pins[@]}"
}

# onnxruntime_library : prints the path of ONNX Runtime's shared library ($ORT_DYLIB_PATH, when that is set).
onnxruntime_library() {
  local folder library
  if [ -n "${ORT_DYLIB_PATH:-}" ]; then
    printf '%s\n' "$ORT_DYLIB_PATH"
    return
  fi
  folder=$(environment run)
  for library in "$folder"/lib/python3*/site-packages/onnxruntime/capi/libonnxruntime.so.*; do
    [ -f "$library" ] || fail "no libonnxruntime.so in $folder; delete that folder and try again"
    printf '%s\n' "$library"
  done
}

# npu_library : prints the path of ONNX Runtime's plugin for Qualcomm's NPU, with its simulator.
npu_library() {
  local file
  for file in "$(environment npu)"/lib/python3*/site-packages/onnxruntime_qnn/libonnxruntime_providers_qnn.so; do
    [ -f "$file" ] || fail "no plugin in $file; delete that environment and try again"
    printf '%s\n' "$file"
  done
}

# ── Rust ───────────────────────────────────────────────────────────────────────────────────────────────────────────

# Puts a cargo of $rust_version or newer first on PATH.
ensure_cargo() {
  local candidate found=none version
  for candidate in "$(command -v cargo || true)" "$HOME/.cargo/bin/cargo" /usr/bin/cargo; do
    [ -x "$candidate" ] || continue
    version=$("$candidate" --version 2>/dev/null | cut -d ' ' -f 2) || continue
    found=$version
    at_least "$rust_version" "$version" || continue
    [ "$(command -v cargo)" = "$candidate" ] || PATH=$(dirname "$candidate"):$PATH
    command -v cc >/dev/null || apt_install "a linker is needed" gcc libc6-dev
    return
  done
  [ -z "${1:-}" ] || fail "no cargo $rust_version was found, although cargo-web is installed"
  ! may_install || apt_update
  if at_least "$rust_version" "$(debian_version cargo-web)"; then
    apt_install "cargo $rust_version or newer is needed (found: $found)" cargo-web rustc-web gcc libc6-dev || return
    ensure_cargo again
  else
    complain "cargo $rust_version or newer is needed (found: $found)" "rustup installs it; Debian 12 has it as cargo-web"
    return 1
  fi
}

# rustfmt and clippy for that cargo.
ensure_lints() {
  command -v cargo >/dev/null || return 1
  if cargo clippy --version >/dev/null 2>&1 && cargo fmt --version >/dev/null 2>&1; then return; fi
  if [ "$(command -v cargo)" = /usr/bin/cargo ]; then
    apt_install "rustfmt and clippy are needed" rustfmt-web rust-web-clippy
  else
    complain "rustfmt and clippy are needed" "rustup component add rustfmt clippy"
    return 1
  fi
}

# build PACKAGE… : cargo build of packages of the workspace; silent unless it takes long or fails.
build() {
  local packages=("${@/#/--package=}")
  [ -d "$target/debug/deps" ] || say "building the engine, once (a few minutes)"
  (cd "$root" && quietly "cargo build" cargo build --quiet "${packages[@]}")
}

# with_runtime COMMAND… : runs it while ONNX Runtime is fetched, then exports ORT_DYLIB_PATH.
with_runtime() {
  local fetching status=0
  if [ -z "${ORT_DYLIB_PATH:-}" ]; then
    environment run >/dev/null </dev/null &
    fetching=$!
  fi
  ("$@") || status=$?
  [ -z "${fetching:-}" ] || wait "$fetching" || exit 1
  [ "$status" = 0 ] || exit "$status"
  ORT_DYLIB_PATH=$(onnxruntime_library)
  export ORT_DYLIB_PATH
}

# command_line : builds the program, finds ONNX Runtime and the model of this clone; sets cli to its path.
command_line() {
  ensure python cargo
  with_runtime build edgeinfinite-cli
  # shellcheck disable=SC2034  # used by those who source this
  cli=$target/debug/edgeinfinite
  export EDGEINFINITE_MODEL=${EDGEINFINITE_MODEL:-$root/models/demo}
}

# ── Java ───────────────────────────────────────────────────────────────────────────────────────────────────────────

# A JDK 17 or newer, and Maven.
ensure_jdk() {
  local version
  version=$("${JAVA_HOME:+$JAVA_HOME/bin/}javac" -version 2>&1 | cut -d ' ' -f 2) || version=
  if at_least 17 "${version:-0}" && command -v mvn >/dev/null; then return; fi
  [ -z "${1:-}" ] || fail "JDK 17 and Maven are installed, but not found (does JAVA_HOME name an older JDK?)"
  apt_install "JDK 17 or newer and Maven are needed" openjdk-17-jdk-headless maven || return
  ensure_jdk again
}
