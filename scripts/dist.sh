#!/usr/bin/env bash
# What an app developer downloads, into dist/, each of it checked (check-packages):
#
#     scripts/dist.sh [--onnxruntime FILE.aar]
#
#     dist/maven/     a Maven repository of edgeinfinite and edgeinfinite-testing: AARs, POMs, sources, reference
#     dist/demo.apk   the demo app for arm64-v8a and x86_64, minified, signed with a debug key of this machine
#
# FILE.aar is com.microsoft.onnxruntime:onnxruntime-android. Without it the APK is named demo-no-onnxruntime.apk: it shows documents and
# says what it lacks. What may grow by 5 % at most stands in android/sizes.
#
#     scripts/dist.sh again    the AARs once more, out of a copy of the tree elsewhere: they have to be the same bytes
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"

native=$target/android/jniLibs
work=$target/dist
dist=$root/dist
modules=(edgeinfinite edgeinfinite-testing)
group=dev/edgeinfinite
version=$(sed -n 's/^edgeinfinite = "\(.*\)"/\1/p' "$root/gradle/libs.versions.toml")

# release TREE NAME ARGS… : a command of the lab's folder release, of that tree.
release() { PYTHONPATH=$1/scripts "$python" -P -m "lab.release.$2" "${@:3}"; }

# aars TREE NOTICES OUT : out of what Maven built there.
aars() {
  local module more=("$2" "$native"/*/libedgeinfinite.so)
  mkdir -p "$3"
  for module in "${modules[@]}"; do
    release "$1" package aar "$3/$module-$version.aar" "$1/android/$module" "${more[@]}"
    more=()
  done
}

# reference_is_whole LOG : Dokka names what has no words; what is the same in every class needs none.
reference_is_whole() {
  local missing
  missing=$(grep 'Undocumented: ' "$1" | grep -Ev '/(equals|hashCode|toString|values|valueOf|entries)/#') || return 0
  fail "public names without words" "${missing//$'\n'/$'\n'  }"
}

repository() {
  local module folder
  aars "$root" "$work/NOTICES" "$work/aars"
  for module in "${modules[@]}"; do
    folder=$work/dist/maven/$group/$module/$version
    mkdir -p "$folder"
    mv "$work/aars/$module-$version.aar" "$folder"
    release "$root" package pom "$folder/$module-$version.pom" "android/$module"
    release "$root" package jar "$folder/$module-$version-sources.jar" "android/$module/src/main/kotlin"
    release "$root" package jar "$folder/$module-$version-javadoc.jar" "android/$module/target/dokka"
  done
}

# newcomer : what docs/ shows compiles against the AAR's classes and coroutines, in Kotlin and in Java, and a program that uses it runs.
newcomer() {
  unzip -q -o "$work/dist/maven/$group/edgeinfinite/$version/edgeinfinite-$version.aar" classes.jar -d "$work"
  release "$root" doc_snippets "$work/snippets" docs/*.md
  with_runtime build edgeinfinite-jni
  quietly "what docs/ shows" mvn -B -ntp -f android/newcomer/pom.xml clean test "-Dsnippets=$work/snippets" "-Dclasses=$work/classes.jar" \
    "-Dedgeinfinite.library=$target/debug/libedgeinfinite.so" "-Dedgeinfinite.onnxruntime=$ORT_DYLIB_PATH"
}

# onnxruntime FILE.aar : its libraries, as abi/libonnxruntime.so.
onnxruntime() {
  local abi
  [ -f "$1" ] || fail "found no file $1, expected ONNX Runtime's AAR"
  for abi in arm64-v8a x86_64; do
    mkdir -p "$work/onnxruntime/$abi"
    unzip -q -o -j "$1" "jni/$abi/libonnxruntime.so" -d "$work/onnxruntime/$abi" >/dev/null 2>&1 ||
      fail "found no jni/$abi/libonnxruntime.so in $1, expected ONNX Runtime's AAR"
  done
}

apk() {
  local demo=$root/android/demo name=demo-no-onnxruntime jdk more=("$work/NOTICES" "$native"/*/libedgeinfinite.so) classes
  if [ -n "$runtime" ]; then
    name=demo
    more+=("$work"/onnxruntime/*/libonnxruntime.so)
  fi
  jdk=$(dirname "$(dirname "$(readlink -f "$(command -v javac)")")")
  mapfile -t classes < <(find "$demo/target" -maxdepth 1 -name 'edgeinfinite-demo-*.jar'; find "$demo/target/deps" -name '*.jar' | sort)
  quietly R8 java -Xmx3g -cp "$demo/target/r8/r8.jar" com.android.tools.r8.R8 --release --min-api 26 --output "$work" \
    --lib "$demo/target/r8/android-all.jar" --lib "$jdk" --no-data-resources --pg-map-output "$work/mapping.txt" \
    --pg-conf "$demo/target/keep.pro" --pg-conf "$demo/minified.pro" --pg-conf android/edgeinfinite/consumer-rules.pro "${classes[@]}"
  release "$root" package apk "$work/unsigned.apk" "$demo/target/base.apk" "$work/classes.dex" "${more[@]}"
  if [ ! -e "$cache/debug.p12" ]; then # a phone takes an update only when it is signed by the same key
    mkdir -p "$cache"
    quietly keytool keytool -genkeypair -keystore "$cache/debug.p12" -storetype PKCS12 -storepass android -alias debug \
      -keyalg RSA -keysize 2048 -validity 10000 -dname "CN=Debug"
  fi
  quietly "apksigner sign" apksigner sign --ks "$cache/debug.p12" --ks-pass pass:android --min-sdk-version 26 --v1-signing-enabled false \
    --v4-signing-enabled false --out "$work/dist/$name.apk" "$work/unsigned.apk"
  quietly "apksigner verify" apksigner verify --min-sdk-version 26 "$work/dist/$name.apk"
}

everything() {
  ensure python cargo jdk
  apt_ensure "the APK is linked, signed and read" aapt apksigner dexdump unzip
  rm -rf "$work"
  mkdir -p "$work/dist"
  [ -z "$runtime" ] || onnxruntime "$runtime"
  android/native/build.sh "$native"
  say "compiling the library, its reference and the app"
  mvn -B -ntp -f android/pom.xml -Papp,dist clean package -Dmaven.test.skip=true >"$work/log" 2>&1 || {
    tail -n 60 "$work/log" >&2
    fail "Maven failed; what it said stands above and in $work/log"
  }
  reference_is_whole "$work/log"
  release "$root" notices "$work/NOTICES"
  repository
  newcomer
  say "making the APK"
  apk
  (cd "$work/dist" && find . -type f -printf '%P\n' | sort | xargs -d '\n' sha256sum >"$work/SHA256SUMS" && mv "$work/SHA256SUMS" .)
  release "$root" check_packages "$work/dist"
  rm -rf "$dist"
  mv "$work/dist" "$dist"
}

# The same commit in another folder, at another time, gives the same AARs.
again() {
  local module
  ensure python cargo jdk
  copy=$(mktemp -d)
  trap 'rm -rf "$copy"' EXIT
  git ls-files -z --cached --others --exclude-standard -- android gradle gradle.properties scripts/lab README.md |
    xargs -0 cp --parents -t "$copy"
  quietly "Maven" mvn -B -ntp -f "$copy/android/pom.xml" package -Dmaven.test.skip=true
  release "$root" notices "$copy/NOTICES"
  aars "$copy" "$copy/NOTICES" "$copy/out"
  for module in "${modules[@]}"; do
    cmp "$copy/out/$module-$version.aar" "$dist/maven/$group/$module/$version/$module-$version.aar"
    say "$module-$version.aar: the same bytes again"
  done
}

cd "$root"
runtime=
case "${1:-} $#" in
  " 0") everything ;;
  "--onnxruntime 2")
    runtime=$(realpath -m "$2")
    everything
    ;;
  "again 1") again ;;
  *)
    sed -n '2,14s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
    exit 2
    ;;
esac
