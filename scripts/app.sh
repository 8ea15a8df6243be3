#!/usr/bin/env bash
# The demo app without the Android SDK: compiled, tested and drawn on the JVM with the engine that is built for this machine.
#
#     scripts/app.sh            its tests; each screen is drawn into target/screens
#     scripts/app.sh screens    the same, and the README's screens are kept in docs/screens
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"

# Those that docs/ shows, of all that are drawn.
kept=(light-answer light-summary light-document light-benchmark dark-answer dark-ask dark-benchmark light-large-answer
  light-reading dark-stopped light-no-text light-about-end light-shelf dark-shelf light-shelf-answer light-shelf-follow-up
  light-shelf-summary)

maven() {
  command -v aapt2 >/dev/null || apt_install "aapt2 links the app's resources" aapt
  mvn -B -ntp -f "$root/android/pom.xml" -Papp "$@"
}

tests() {
  ensure python cargo jdk
  with_runtime build edgeinfinite-jni
  maven clean verify "-Dedgeinfinite.library=$target/debug/libedgeinfinite.so" "-Dedgeinfinite.onnxruntime=$ORT_DYLIB_PATH"
}

screens() {
  local screen
  tests
  command -v pngquant >/dev/null || apt_install "pngquant makes the pictures small" pngquant
  mkdir -p "$root/docs/screens"
  for screen in "${kept[@]}"; do
    pngquant --force --strip --output "$root/docs/screens/$screen.png" 128 "$root/target/screens/$screen.png"
  done
}

case ${1:-tests} in
  tests | screens) "${1:-tests}" ;;
  *)
    sed -n '2,5s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
    exit 2
    ;;
esac
