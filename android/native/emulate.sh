#!/usr/bin/env bash
# The engine as arm64 code, on this machine under emulation, with ONNX Runtime's own arm64 library: tests of rust/core, then questions to
# models/finder, answered as the engine built for this machine answers them.
#
#     android/native/emulate.sh          those that take no more than a minute each
#     android/native/emulate.sh citing   these of rust/core/tests; citing, replies and saved take minutes
#
# QEMU_CPU chooses the processor: neoverse-n1 without it; max has newer instructions (i8mm, SVE), and takes five times as long.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
source "$here/../../scripts/env.sh"

triple=aarch64-unknown-linux-gnu
tests=("$@")
[ $# -gt 0 ] || tests=(golden index executor session tokens) # emulated code is slow
export PROPTEST_CASES=${PROPTEST_CASES:-4}
export EDGEINFINITE_MODEL=${EDGEINFINITE_MODEL:-$root/models/finder} # a run of the reader in models/demo takes minutes here
command_line # for comparison
apt_ensure "arm64 code runs under emulation" \
  rustc-web cargo-web gcc-aarch64-linux-gnu libc6-dev-arm64-cross libstdc++6-arm64-cross qemu-user

# standard_library FOLDER : Debian's for arm64, unpacked there alone: installed, it would bring a second architecture to the machine.
standard_library() {
  local apt=(apt-get -qq -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o APT::Sandbox::User=root
    -o "Dir::State::lists=$1/lists" -o "Dir::Cache=$1/cache" -o Dir::State::status=/dev/null)
  say "fetching Rust's standard library for arm64"
  mkdir -p "$1"/{lists,cache/archives}/partial || exit
  quietly "apt-get update for arm64" "${apt[@]}" update
  quietly "apt-get download of libstd-rust-web-dev $version for arm64" env -C "$1" "${apt[@]}" download "libstd-rust-web-dev=$version"
  dpkg-deb -x "$1"/libstd-rust-web-dev_*.deb "$1" && rm -r "$1"/{lists,cache} "$1"/*.deb || exit
}

# wheel FOLDER : ONNX Runtime's for arm64, of the version that this machine's has.
wheel() {
  local pip=("$desk/bin/python" -m pip --disable-pip-version-check --no-input) pin
  pin=$("${pip[@]}" freeze | grep '^onnxruntime==') || fail "no onnxruntime in $desk; delete that folder and try again"
  say "fetching $pin for arm64"
  quietly "pip download of $pin for arm64" "${pip[@]}" download --no-deps --only-binary=:all: --platform=manylinux_2_28_aarch64 \
    --platform=manylinux_2_27_aarch64 --dest "$1" "$pin"
  "$python" -m zipfile -e "$1"/*.whl "$1" && rm "$1"/*.whl || exit
}

version=$(dpkg-query -W -f '${Version}' rustc-web)
std=$(kept "arm64-std-$version" standard_library)
desk=$(environment run)
runtime=$(kept "arm64-${desk##*/}" wheel)/onnxruntime/capi
runtime=$(find "$runtime" -name 'libonnxruntime.so.*')

# What lies under the emulator's root hides the machine's files. ONNX Runtime reads /proc/cpuinfo and dies of an x86's: here is an Arm's.
system=$target/arm64/root
mkdir -p "$system/proc"
ln -sfn /usr/aarch64-linux-gnu/lib "$system/lib"
for ((i = 0; i < $(nproc --all); i++)); do
  printf '%s\n' "processor : $i" 'Features : fp asimd aes pmull sha1 sha2 crc32 atomics fphp asimdhp asimdrdm asimddp' \
    'CPU implementer : 0x41' 'CPU architecture: 8' 'CPU variant : 0x3' 'CPU part : 0xd0c' 'CPU revision : 1' ''
done >"$system/proc/cpuinfo"
# Of what only reads arguments or makes cases, the compiler's time is what counts.
config=(profile.dev.opt-level=1 profile.dev.debug=false)
for package in clap_builder console indicatif nix num-traits proptest; do config+=("profile.dev.package.$package.opt-level=0"); done
emulator=(qemu-aarch64 -cpu "${QEMU_CPU:-neoverse-n1}" -L "$system")

# arm64 COMMAND… : cargo for arm64, without the readers of PDF, Word and the like: they are the same code everywhere, and long to build.
arm64() {
  RUSTC=/usr/bin/rustc /usr/bin/cargo "$1" --quiet --locked --target "$triple" --target-dir "$target/arm64" \
    --config "target.$triple.linker='aarch64-linux-gnu-gcc'" --config "target.$triple.rustflags=['--sysroot=$std/usr']" \
    --config "target.$triple.runner='${emulator[*]}'" "${config[@]/#/--config=}" \
    --package edgeinfinite-core --package edgeinfinite-cli --no-default-features "${@:2}"
}

unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS
cd "$root"
say "building the engine for arm64"
quietly "cargo build for arm64" arm64 build --bin edgeinfinite "${tests[@]/#/--test=}"
ORT_DYLIB_PATH=$runtime arm64 test "${tests[@]/#/--test=}"

# The same answers, to the letter, at the same places; only confidence and the clock may differ.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
run_lab reports --tokens 3000 --seed 7 --facts "$work/facts.json" >"$work/text"
mapfile -t questions < <(sed -n 's/^ *"question": "\(.*\)",$/\1/p' "$work/facts.json")
"$cli" ask --json "$work/text" "${questions[@]}" >"$work/here.json"
ORT_DYLIB_PATH=$runtime "${emulator[@]}" "$target/arm64/$triple/debug/edgeinfinite" \
  ask --json "$work/text" "${questions[@]}" >"$work/arm64.json"
"$python" - "$work/here.json" "$work/arm64.json" <<'PY'
import json, sys

here, arm64 = (
    [{key: answer[key] for key in ("question", "text", "found", "quotes", "coverage")} for answer in json.load(open(name))["answers"]]
    for name in sys.argv[1:]
)
if not any(answer["quotes"] for answer in here):
    sys.exit("this machine's engine quotes nothing: there is nothing to compare")
for one, other in zip(here, arm64, strict=True):
    if one != other:
        sys.exit(f"arm64 answers otherwise:\n{json.dumps(other, indent=1)}\nthis machine answers:\n{json.dumps(one, indent=1)}")
    print(f"arm64: {one['question']} {one['text']}")
PY
