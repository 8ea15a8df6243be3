#!/usr/bin/env bash
# The demo app without the Android SDK: compiled, tested and drawn on the JVM with the engine that is built for this machine.
#
#     scripts/app.sh              its tests; each screen is drawn into android/demo/target/screens
#     scripts/app.sh screens      the same, and the README's screens are kept in docs/screens
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"

# Those that docs/ shows, of all that are drawn.
kept=(light-answer light-summary light-document light-benchmark dark-answer dark-benchmark)

case ${1:-} in
  '' | screens) ;;
  *)
    sed -n '2,5s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
    exit 2
    ;;
esac

ensure python cargo jdk
command -v aapt2 >/dev/null || apt_install "aapt2 links the app's resources" aapt
with_runtime build edgeinfinite-jni
mvn -B -ntp -f "$root/android/pom.xml" -Papp verify \
  "-Dedgeinfinite.library=$target/debug/libedgeinfinite.so" "-Dedgeinfinite.onnxruntime=$ORT_DYLIB_PATH"

if [ "${1:-}" = screens ]; then
  mkdir -p "$root/docs/screens"
  for screen in "${kept[@]}"; do cp "$root/android/demo/target/screens/$screen.png" "$root/docs/screens/"; done
fi
