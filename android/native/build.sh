#!/usr/bin/env bash
# libedgeinfinite.so for Android, checked: arm64-v8a and x86_64, into target/android/jniLibs or the folder named.
#
#     android/native/build.sh [FOLDER]
#
# With ANDROID_NDK_HOME the NDK's clang links it; without, Debian's rustc, its library's source and lld do (README.md).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
source "$here/../../scripts/env.sh"

out=$(realpath -m "${1:-$target/android/jniLibs}")
api=26
triples=(aarch64-linux-android x86_64-linux-android)
declare -A abi=([aarch64-linux-android]=arm64-v8a [x86_64-linux-android]=x86_64)
declare -A linker flags

# The NDK's clang and rustup's standard library. No machine with an NDK has run this.
with_ndk() {
  local bin=("$ANDROID_NDK_HOME"/toolchains/llvm/prebuilt/*/bin) triple
  ensure cargo
  cargo=cargo
  for triple in "${triples[@]}"; do
    linker[$triple]=$bin/$triple$api-clang
    [ -x "${linker[$triple]}" ] || fail "no ${linker[$triple]}" "ANDROID_NDK_HOME names an NDK of version 23 or newer"
    flags[$triple]="-Clink-arg=-Wl,-z,max-page-size=16384"
  done
}

# Debian's rustc: the standard library is compiled from its source, bionic is stood in for by empty libraries of the right names.
without_ndk() {
  local triple std stubs
  apt_ensure "for Android without ANDROID_NDK_HOME" rustc-web cargo-web rust-web-src lld
  cargo=/usr/bin/cargo # not rustup's, which may stand before it on PATH
  export RUSTC=/usr/bin/rustc
  std=$(kept "android-std-$({ dpkg-query -W rustc-web rust-web-src; declare -f standard_library; cat "$here"/unwind/{Cargo.*,src/*}; } | digest)" \
    standard_library)
  stubs=$(kept "android-stubs-$({ dpkg-query -W lld; declare -f link_stubs; cat "$here/bionic.symbols"; } | digest)" link_stubs)
  for triple in "${triples[@]}"; do
    linker[$triple]=ld.lld
    flags[$triple]="--sysroot=$std -Lnative=$stubs/$triple -Clinker-flavor=ld.lld"
    flags[$triple]+=" -Clink-arg=-zdefs -Clink-arg=-zmax-page-size=16384 -Clink-arg=--build-id"
  done
}

# standard_library FOLDER : std and libunwind.a of both targets, laid as a sysroot.
standard_library() {
  local triple library
  say "compiling the standard library for Android, once (two minutes)"
  quietly "compiling the standard library for Android" env RUSTC_BOOTSTRAP=1 "$cargo" build --release --locked \
    --manifest-path "$here/unwind/Cargo.toml" --target-dir "$1/built" "${triples[@]/#/--target=}" \
    -Zbuild-std=std,panic_unwind -Zbuild-std-features=panic-unwind
  for triple in "${triples[@]}"; do
    library=$1/lib/rustlib/$triple/lib
    mkdir -p "$library" && mv "$1/built/$triple/release/"{deps/*.rlib,libunwind.a} "$library" || exit
  done
  rm -r "$1/built"
}

# link_stubs FOLDER : for each library in bionic.symbols one with these names and nothing in it, for both targets.
link_stubs() {
  local triple library names
  for triple in "${triples[@]}"; do
    mkdir -p "$1/$triple"
    while read -r library names; do
      # shellcheck disable=SC2086  # names are words
      ld.lld -m "${emulation[$triple]}" -shared -soname "$library" $(printf -- '--defsym=%s=0 ' $names) \
        --format=binary /dev/null -o "$1/$triple/$library" || exit
    done < <(grep -v '^#' "$here/bionic.symbols")
  done
}
declare -A emulation=([aarch64-linux-android]=aarch64linux [x86_64-linux-android]=elf_x86_64)

ensure python
if [ -n "${ANDROID_NDK_HOME:-}" ]; then with_ndk; else without_ndk; fi

# As configuration, not as RUSTFLAGS, which would also go before it. Paths in panic messages say nothing of this machine.
unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS
settings=()
for triple in "${triples[@]}"; do
  words="${flags[$triple]} --remap-path-prefix=$root/= --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}/registry/src/="
  settings+=(--config "target.$triple.linker='${linker[$triple]}'" --config "target.$triple.rustflags='$words'")
done
say "building libedgeinfinite.so for Android"
(cd "$root" && quietly "cargo build for Android" "$cargo" build --locked --package edgeinfinite-jni --profile dist \
  --target-dir "$target/android" "${triples[@]/#/--target=}" "${settings[@]}")

for triple in "${triples[@]}"; do
  install -D "$target/android/$triple/dist/libedgeinfinite.so" "$out/${abi[$triple]}/libedgeinfinite.so"
  "$python" "$here/check.py" "$out/${abi[$triple]}/libedgeinfinite.so"
done
