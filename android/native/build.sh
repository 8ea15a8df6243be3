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
declare -A emulation=([aarch64-linux-android]=aarch64linux [x86_64-linux-android]=elf_x86_64) # lld's names

# link_by LINKER TRIPLE FLAG… : as settings of cargo, not as RUSTFLAGS. Paths in panic messages shall say nothing of this machine.
settings=()
link_by() {
  local flags
  printf -v flags "'%s', " "${@:3}" "--remap-path-prefix=$root/=" "--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}/registry/src/="
  settings+=(--config "target.$2.linker='$1'" --config "target.$2.rustflags=[$flags]")
}

# The NDK's clang and rustup's standard library. No machine with an NDK has run this.
with_ndk() {
  local triple clang
  ensure cargo
  cargo=cargo
  for triple in "${triples[@]}"; do
    for clang in "$ANDROID_NDK_HOME"/toolchains/llvm/prebuilt/*/bin/"$triple$api-clang"; do
      [ -x "$clang" ] || fail "found no $clang; ANDROID_NDK_HOME should name an NDK of version 23 or newer"
      link_by "$clang" "$triple" -Clink-arg=-Wl,-z,max-page-size=16384
    done
  done
}

# Debian's rustc: the standard library is compiled from its source, bionic is stood in for by empty libraries of the right names.
without_ndk() {
  local triple std
  apt_ensure "Android's library is linked without ANDROID_NDK_HOME" rustc-web cargo-web rust-web-src lld
  cargo=/usr/bin/cargo # not rustup's, which may stand before it on PATH
  export RUSTC=/usr/bin/rustc
  std=$(kept "android-std-$({ dpkg-query -W rustc-web rust-web-src; declare -f standard_library; cat unwind/{Cargo.*,src/*}; } | digest)" \
    standard_library)
  link_stubs "$target/android/stubs"
  for triple in "${triples[@]}"; do
    # Not ld.lld itself: Debian's rustc insists on a C compiler before it. That one's own architecture and libraries are put aside.
    link_by gcc "$triple" "--sysroot=$std" "-Lnative=$std/lib/rustlib/$triple/lib" "-Lnative=$target/android/stubs/$triple" \
      "-Clink-args=-fuse-ld=lld -nostdlib -Wl,-m,${emulation[$triple]},-z,defs,-z,max-page-size=16384"
  done
}

# standard_library FOLDER : std and libunwind.a of both targets, laid as a sysroot.
standard_library() {
  local triple library
  say "compiling the standard library for Android, once (a minute or two)"
  quietly "compiling the standard library for Android" env RUSTC_BOOTSTRAP=1 "$cargo" build --release --locked \
    --manifest-path unwind/Cargo.toml --target-dir "$1/built" "${triples[@]/#/--target=}" \
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
  while read -r library; do
    mapfile -t names < <(sed -n "s/^$library \(.*\)/--defsym=\1=0/p" bionic.symbols)
    for triple in "${triples[@]}"; do
      mkdir -p "$1/$triple"
      ld.lld -m "${emulation[$triple]}" -shared -soname "$library" "${names[@]}" --format=binary /dev/null -o "$1/$triple/$library"
    done
  done < <(sed '/^#/d; s/ .*//' bionic.symbols | sort -u)
}

cd "$here"
ensure python
if [ -n "${ANDROID_NDK_HOME:-}" ]; then with_ndk; else without_ndk; fi

say "building libedgeinfinite.so for Android"
unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS # they would stand before the settings
quietly "cargo build for Android" "$cargo" build --locked --manifest-path "$root/Cargo.toml" --package edgeinfinite-jni --profile dist \
  --target-dir "$target/android" "${triples[@]/#/--target=}" "${settings[@]}"

for triple in "${triples[@]}"; do
  install -D "$target/android/$triple/dist/libedgeinfinite.so" "$out/${abi[$triple]}/libedgeinfinite.so"
done
"$python" check.py "$out"/{arm64-v8a,x86_64}/libedgeinfinite.so
