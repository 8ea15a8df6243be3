#!/usr/bin/env bash
# The demo app without the Android SDK: compiled, tested and drawn on the JVM with the engine that is built for this machine; and its APK.
#
#     scripts/app.sh                    its tests; each screen is drawn into android/demo/target/screens
#     scripts/app.sh screens            the same, and the README's screens are kept in docs/screens
#     scripts/app.sh apk LIBRARIES…     dist/demo.apk, minified, signed with a debug key and checked, with these libraries;
#                                       each is abi/NAME.so at the end of its path, such as …/arm64-v8a/libedgeinfinite.so
#
# Without an abi/libonnxruntime.so among them the APK is named demo-no-onnxruntime.apk: it shows documents and says what it lacks.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"

demo=$root/android/demo
# Those that docs/ shows, of all that are drawn.
kept=(light-answer light-summary light-document light-benchmark dark-answer dark-benchmark)

maven() {
  command -v aapt2 >/dev/null || apt_install "aapt2 links the app's resources" aapt
  mvn -B -ntp -f "$root/android/pom.xml" -Papp "$@"
}

tests() {
  ensure python cargo jdk
  with_runtime build edgeinfinite-jni
  maven verify "-Dedgeinfinite.library=$target/debug/libedgeinfinite.so" "-Dedgeinfinite.onnxruntime=$ORT_DYLIB_PATH"
}

screens() {
  local screen
  tests
  command -v pngquant >/dev/null || apt_install "pngquant makes the pictures small" pngquant
  mkdir -p "$root/docs/screens"
  for screen in "${kept[@]}"; do
    pngquant --force --strip --output "$root/docs/screens/$screen.png" 128 "$demo/target/screens/$screen.png"
  done
}

apk() {
  local out=$demo/target/apk name=demo-no-onnxruntime library entries=() jar
  [ $# -gt 0 ] || fail "no library was named; an app without libedgeinfinite.so runs nowhere"
  for library; do
    [ -f "$library" ] || fail "found no file $library"
    [ "${library##*/}" != libonnxruntime.so ] || name=demo
    entries+=("lib/$(basename "$(dirname "$library")")/${library##*/}=$library")
  done
  ensure python jdk
  if ! command -v apksigner >/dev/null || ! command -v dexdump >/dev/null; then
    apt_install "the APK is signed and read" apksigner dexdump aapt
  fi

  maven package -Dmaven.test.skip=true -Pr8
  rm -rf "$out"
  mkdir -p "$out" "$root/dist"
  jar=$(dirname "$(dirname "$(readlink -f "$(command -v javac)")")")
  # shellcheck disable=SC2046  # a list of jars
  java -Xmx3g -cp "$demo/target/r8/r8.jar" com.android.tools.r8.R8 --release --min-api 26 --output "$out" \
    --lib "$demo/target/r8/android-all.jar" --lib "$jar" --no-data-resources --pg-map-output "$out/mapping.txt" \
    --pg-conf "$demo/target/keep.pro" --pg-conf "$demo/minified.pro" --pg-conf "$root/android/edgeinfinite/consumer-rules.pro" \
    $(find "$demo/target" -maxdepth 1 -name 'edgeinfinite-demo-*.jar') $(find "$demo/target/deps" -name '*.jar')
  "$python" "$root/scripts/apk.py" pack "$demo/target/base.apk" "$out/aligned.apk" "classes.dex=$out/classes.dex" "${entries[@]}"
  debug_key
  apksigner sign --ks "$cache/debug.p12" --ks-pass pass:android --min-sdk-version 26 --v1-signing-enabled false \
    --v4-signing-enabled false --out "$root/dist/$name.apk" "$out/aligned.apk"
  apksigner verify --min-sdk-version 26 "$root/dist/$name.apk"
  "$python" "$root/scripts/apk.py" check "$root/dist/$name.apk"
  say "dist/$name.apk: $(stat -c %s "$root/dist/$name.apk") bytes, dex $(stat -c %s "$out/classes.dex")"
}

# A key of this machine's: a phone takes an update only when it is signed by the same one.
debug_key() {
  [ ! -e "$cache/debug.p12" ] || return 0
  mkdir -p "$cache"
  quietly keytool keytool -genkeypair -keystore "$cache/debug.p12" -storetype PKCS12 -storepass android -alias debug \
    -keyalg RSA -keysize 2048 -validity 10000 -dname "CN=Debug"
}

case ${1:-tests} in
  tests | screens) "${1:-tests}" ;;
  apk) "$@" ;;
  *)
    sed -n '2,10s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
    exit 2
    ;;
esac
