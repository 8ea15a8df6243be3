#!/usr/bin/env bash
# Loads the Android libraries here, on glibc in the guise of Android's C library, and calls JNI_OnLoad and natives in each (load.c):
# the arm64 one under emulation of a Cortex-A53, an old phone's processor; the x86_64 one as it is.
#
#     android/native/load.sh [FOLDER]
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
source "$here/../../scripts/env.sh"

libraries=$(realpath -m "${1:-$target/android/jniLibs}")
apt_ensure "arm64 code runs under emulation" gcc libc6-dev gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# load ABI COMPILER [EMULATOR…] : prints what the library says.
load() {
  local folder=$work/$1 compile=("$2" -w -O1) library
  mkdir "$folder"
  "${compile[@]}" -fPIC -shared -o "$folder/libc.so" "$here/bionic.c" -Wl,--no-as-needed -lm
  for library in dl log m; do ln -s libc.so "$folder/lib$library.so"; done
  "${compile[@]}" -o "$folder/load" "$here/load.c"
  LD_LIBRARY_PATH=$folder "${@:3}" "$folder/load" "$libraries/$1/libedgeinfinite.so"
}

version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$root/Cargo.toml")
expected="JNI_OnLoad: 0x10006
version: $version
a folder that is not there: model.missing: found no folder at /nowhere, expected a model folder
log: EdgeInfinite: edgeinfinite::log: a defect at …
a defect: fault: a defect at …"

# check ABI COMPILER [EMULATOR…]
check() {
  local found
  found=$(load "$@" | sed 's/\(a defect at\) .*/\1 …/') || fail "the library for $1 does not load or run here; what it said stands above"
  [ "$found" = "$expected" ] || fail "the library for $1 says" "$found" "expected" "$expected"
  printf '%s\n' "$1, loaded and called:" "$found"
}

check x86_64 gcc
check arm64-v8a aarch64-linux-gnu-gcc qemu-aarch64 -cpu cortex-a53 -L /usr/aarch64-linux-gnu
