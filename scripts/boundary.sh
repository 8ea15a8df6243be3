#!/usr/bin/env bash
# What crossing the JNI boundary costs, by JMH on this machine's JVM with the engine that the other scripts build (profile dev, at full
# optimisation): a call, a call with text, the events of an answer one by one and by the Flow (android/benchmarks). Prints percentiles in
# microseconds; writes target/boundary.json.
#
#     scripts/boundary.sh            a minute on a quiet machine
#     scripts/boundary.sh call       those whose name holds that
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"

ensure python cargo jdk
with_runtime build edgeinfinite-jni
quietly "building android/benchmarks" mvn -B -ntp -q -f "$root/android/pom.xml" -Pbenchmarks -Dmaven.test.skip=true package
classes=$root/android/benchmarks/target
# The library's own classes, not a jar that an earlier build may have left in the local repository.
exec java -cp "$classes/classes:$root/android/edgeinfinite/target/classes:$(cat "$classes/classpath")" \
  "-Dedgeinfinite.library=$target/debug/libedgeinfinite.so" "-Dedgeinfinite.onnxruntime=$ORT_DYLIB_PATH" "-Dmodel=$root/models/demo" \
  org.openjdk.jmh.Main -rf json -rff "$target/boundary.json" "${1:-Boundary}"
