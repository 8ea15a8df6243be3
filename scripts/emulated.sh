#!/usr/bin/env bash
# Whether a folder that was made of a GGUF says the same on processors that this machine is not: x86-64 with AVX2 but without VNNI (Haswell),
# and arm64 (Neoverse N1), emulated. ONNX Runtime's own library for each reads some tokens of the GNU GPL; what comes out is held against
# transformers in fp32, beside what this machine computes. Where this processor lets AVX-512, VNNI and AMX be hidden, it is the one without them.
#
#     scripts/emulated.sh MODEL.gguf FOLDER                              128 tokens: emulated code takes a second a token of 135 M weights or more
#     TOKENS=2000 scripts/emulated.sh MODEL.gguf FOLDER x86-64           one of the two: x86-64, arm64
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"

usage="scripts/emulated.sh MODEL.gguf FOLDER [x86-64] [arm64]"
[ $# -ge 2 ] || fail "found $# arguments, expected a GGUF and its folder" "$usage"
gguf=$1
folder=$2
shift 2
[ $# -gt 0 ] || set -- x86-64 arm64
for processor; do
  [[ $processor =~ ^(x86-64|arm64)$ ]] || fail "found the processor $processor, expected x86-64 or arm64" "$usage"
done
ensure python

emulator() { apt_ensure "code for other processors runs under emulation" qemu-user; }

# arm64_python FOLDER : Debian's Python for arm64, and the packages that read a model folder; unpacked there alone.
arm64_python() {
  local apt=(apt-get -qq -y -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o APT::Sandbox::User=root
    -o "Dir::State::lists=$1/lists" -o "Dir::Cache=$1/cache" -o Dir::State::status=/dev/null) archive pins version
  say "fetching Python and ONNX Runtime for arm64 (60 MB)"
  mkdir -p "$1"/{lists,cache/archives}/partial "$1"/{root/proc,packages} || exit
  quietly "apt-get update for arm64" "${apt[@]}" update
  quietly "fetching python3 for arm64" "${apt[@]}" install --no-install-recommends --download-only python3 libstdc++6
  for archive in "$1"/cache/archives/*.deb; do dpkg-deb -x "$archive" "$1/root" || exit; done
  version=$(readlink "$1/root/usr/bin/python3")
  mapfile -t pins < <("$venv/bin/python" -m pip --disable-pip-version-check freeze | grep -E '^(numpy|onnxruntime|tokenizers)==')
  quietly "pip download for arm64" "$venv/bin/python" -m pip --disable-pip-version-check --no-input download --no-deps \
    --only-binary=:all: --python-version "${version#python}" --platform manylinux_2_28_aarch64 --platform manylinux_2_27_aarch64 \
    --platform manylinux2014_aarch64 --dest "$1" "${pins[@]}"
  for archive in "$1"/*.whl; do "$python" -m zipfile -e "$archive" "$1/packages" || exit; done
  # ONNX Runtime reads /proc/cpuinfo and dies of an x86's: here is an Arm's.
  printf '%s\n' "processor : 0" 'Features : fp asimd aes pmull sha1 sha2 crc32 atomics fphp asimdhp asimdrdm asimddp' \
    'CPU implementer : 0x41' 'CPU architecture: 8' 'CPU variant : 0x3' 'CPU part : 0xd0c' 'CPU revision : 1' '' >"$1/root/proc/cpuinfo"
  rm -r "$1"/{lists,cache} "$1"/*.whl
}

# x86_64 COMMAND… : without VNNI, by this processor or an emulated one.
x86_64() {
  if grep -qw cpuid_fault /proc/cpuinfo && command -v cc >/dev/null; then
    cc -O1 -shared -fPIC -o "$work/without_vnni.so" "$root/scripts/lab/evaluate/without_vnni.c"
    LD_PRELOAD=$work/without_vnni.so "$@"
  else
    emulator
    qemu-x86_64 -cpu Haswell "$@"
  fi
}

venv=$(environment gguf)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
lab_command imported
imported=("${lab[@]}" "$gguf" "$folder" --tokens "${TOKENS:-128}")
"${imported[@]}" --ids "$work/ids.npy"
for processor; do
  say "$processor"
  given=(-m lab.evaluate.next_tokens "$folder" "$work/ids.npy" "$work/$processor.npy")
  if [ "$processor" = x86-64 ]; then
    PYTHONPATH=$root/scripts x86_64 "$venv/bin/python" -P "${given[@]}"
  else
    emulator
    arm64=$(kept "arm64-python-$(basename "$venv")" arm64_python)
    PYTHONPATH=$arm64/packages:$root/scripts qemu-aarch64 -cpu neoverse-n1 -L "$arm64/root" "$arm64/root/usr/bin/python3" -B "${given[@]}"
  fi
done
logits=("${@/#/$work/}")
"${imported[@]}" --logits "${logits[@]/%/.npy}"
