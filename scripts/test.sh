#!/usr/bin/env bash
# Every test, or some: installs what they need, prints each group's time, fails when any group failed.
#
#     scripts/test.sh                 all groups
#     scripts/test.sh rust kotlin     these two
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"

all=(shell rust demo kotlin arm app lab npu)

usage() {
  printf 'usage: scripts/test.sh [GROUP…]\n\n'
  printf '  %-8s %s\n' \
    shell "the scripts themselves: shellcheck where it is installed" \
    rust "rustfmt, clippy, tests and docs of rust/" \
    demo "scripts/demo.sh on a shorter text, and scripts/edgeinfinite" \
    kotlin "ktlint, and the Kotlin library on the JVM against the host-built engine, by Maven" \
    arm "the Android library for arm64 and x86_64, built, checked and loaded; the engine as arm64 code under emulation" \
    app "the demo app on the JVM, screen by screen; dist/: AARs, POMs, reference and APK, checked, and the AARs a second time" \
    lab "ruff, and the tests of scripts/ with PyTorch (5 GB the first time)" \
    npu "graphs for Qualcomm's NPU, compiled and run on its simulator (600 MB the first time)"
}

# step COMMAND… : runs it; a failure is remembered, and the next step still runs.
step() {
  printf '\n── %s\n' "$*"
  "$@" || {
    broken=$?
    printf '── FAILED: %s\n' "$*"
  }
}

shell() {
  local scripts=(scripts/*.sh scripts/edgeinfinite android/native/*.sh .ci/run) script
  if ! command -v shellcheck >/dev/null && may_install; then apt_install "shellcheck reads the scripts" shellcheck; fi
  if command -v shellcheck >/dev/null; then
    step shellcheck "${scripts[@]}"
  else
    for script in "${scripts[@]}"; do step bash -n "$script"; done
  fi
}

# answers CODE COMMAND… : whether the command ends with that exit code; standard input is a short text.
answers() {
  local wanted=$1 found=0
  shift
  printf 'The north gate opens with the code 4711.\n' | "$@" >/dev/null 2>&1 || found=$?
  [ "$found" = "$wanted" ] || ! printf 'exit code %s, not %s\n' "$found" "$wanted"
}

demo() {
  step env EDGEINFINITE_MODELS=cached scripts/demo.sh 20000 # a real model is never fetched for a test
  step answers 0 scripts/edgeinfinite ask - "Which code opens the north gate?"
  step answers 1 scripts/edgeinfinite ask /nowhere "Which code opens the north gate?"
  step answers 2 scripts/edgeinfinite ask
  step answers 2 scripts/models.sh none-of-these
  step answers 0 scripts/models.sh
  step answers 2 scripts/peers.sh none-of-these
  step answers 0 scripts/peers.sh
}

rust() {
  ensure python cargo lints
  with_runtime cargo fetch --quiet --locked
  step cargo fmt --all --check
  step cargo clippy --quiet --locked --workspace --all-targets -- -D warnings
  step cargo test --quiet --locked --workspace
  step env RUSTDOCFLAGS="-D warnings" cargo doc --quiet --locked --workspace --no-deps
}

kotlin() {
  ensure python cargo jdk
  with_runtime build edgeinfinite-jni
  step mvn -B -ntp -f android/pom.xml clean verify \
    "-Dedgeinfinite.library=$target/debug/libedgeinfinite.so" "-Dedgeinfinite.onnxruntime=$ORT_DYLIB_PATH"
}

arm() {
  local abi
  ensure python
  step android/native/build.sh
  for abi in arm64-v8a x86_64; do
    step "$python" android/native/test_check.py "$target/android/jniLibs/$abi/libedgeinfinite.so"
  done
  step android/native/load.sh
  step android/native/emulate.sh
}

app() {
  step scripts/app.sh
  step answers 1 scripts/dist.sh --onnxruntime README.md
  step scripts/dist.sh
  step scripts/dist.sh again
}

lab() {
  local packages
  ensure python
  packages=$(environment lab)
  step "$packages/bin/ruff" check scripts android/native gradle/check
  step "$packages/bin/ruff" format --check scripts android/native gradle/check
  step env -C scripts "$packages/bin/python" -m pytest
}

npu() {
  local packages
  ensure python cargo
  packages=$(environment npu)
  step env -C scripts "$packages/bin/python" -m pytest tests/accelerators/test_compile_npu.py tests/accelerators/test_imported_npu.py \
    tests/accelerators/test_compile_reader_npu.py
  made=$(mktemp -d)
  trap 'rm -rf "$made"' EXIT # of this group's own shell; not local, for that is gone by then
  step scripts/lab.sh compile-nnapi models/tiny "$made/fixed"
  step scripts/lab.sh compile-npu "$made/fixed" "$made/tiny" \
    --unshared --scenario default --max-error 0.15 --soc SM8550 SM8650 SM8750
  with_runtime cargo fetch --quiet --locked
  step env EDGEINFINITE_NPU_TINY="$made/tiny" EDGEINFINITE_NPU_LIBRARY="$(npu_library)" \
    cargo test --quiet --locked --package edgeinfinite-core --test accelerators -- --ignored --test-threads 1
}

case ${1:-} in -h | --help) usage && exit ;; esac
groups=("$@")
[ $# -gt 0 ] || groups=("${all[@]}")
for group in "${groups[@]}"; do
  [[ " ${all[*]} " == *" $group "* ]] || {
    usage >&2
    exit 2
  }
done

cd "$root"
export CARGO_INCREMENTAL=0 # a clean build is done sooner without
# The lab's packages are the long download: fetched while the others compile. What it says is the lab group's to report.
if [[ " ${groups[*]} " == *" lab "* ]]; then
  ensure python
  environment lab >/dev/null 2>&1 </dev/null &
fi

report=()
failed=0
for group in "${groups[@]}"; do
  printf '\n━━ %s\n' "$group"
  started=$SECONDS
  set +e
  (
    set -e
    broken=0
    "$group"
    exit "$broken"
  )
  status=$?
  set -e
  result=OK
  [ "$status" = 0 ] || result=FAILED
  [ "$status" = 0 ] || failed=$((failed + 1))
  report+=("$(printf '%-8s %-7s %2d:%02d' "$group" "$result" $(((SECONDS - started) / 60)) $(((SECONDS - started) % 60)))")
done

printf '\n━━ %s\n' "all groups, minutes:seconds"
printf '%s\n' "${report[@]}"
printf 'groups: %d passed, %d failed\n' $((${#groups[@]} - failed)) "$failed"
[ "$failed" = 0 ]
