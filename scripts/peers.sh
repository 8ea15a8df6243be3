#!/usr/bin/env bash
# Builds what bench-peers compares this project with, in the cache, and prints the program's path.
#
#     scripts/peers.sh                lists the peers
#     scripts/peers.sh llama.cpp      scripts/lab/evaluate/peers/llama_cpp.cpp with llama.cpp: 77 MB over the network, minutes
#
# The source is that in PyPI's sdist of llama-cpp-python, pinned by its hash; the package is not installed.
# Clang is taken before gcc: gcc 12 miscompiles ggml's tiles for processors with AMX. CXX and CC name others.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"

sdist=llama-cpp-python==0.3.36
sdist_hash=832db0699007f1be95a7e41ef12e88926b02ba836461e36a36372db2760c1a2e
program=$root/scripts/lab/evaluate/peers

usage() {
  printf 'usage: scripts/peers.sh NAME\n\n'
  printf '  %-10s %s\n' llama.cpp "the library in $sdist, built for this processor"
}

# compilers : sets cc and cxx to a compiler of C and C++, clang where there is one.
compilers() {
  local version
  cc=${CC:-}
  cxx=${CXX:-}
  if [ -n "$cc$cxx" ]; then
    if command -v "$cc" >/dev/null && command -v "$cxx" >/dev/null; then return; fi
    fail "found CC=$cc and CXX=$cxx, expected two compilers"
  fi
  for version in '' -21 -20 -19 -18 -17 -16; do
    if command -v "clang$version" "clang++$version" >/dev/null; then
      cc=clang$version
      cxx=clang++$version
      # Without its OpenMP, ggml would run by threads of its own.
      "$cc" -fopenmp -x c -o /dev/null - <<<'#include <omp.h>
int main(void) { return omp_get_max_threads() < 1; }' 2>/dev/null && return
    fi
  done
  if grep -qw amx_tile /proc/cpuinfo; then
    apt_install "this processor has AMX, whose code gcc 12 miscompiles: clang is needed" clang-16 libomp-16-dev || exit
    cc=clang-16
    cxx=clang++-16
    return
  fi
  cc=gcc
  cxx=g++
  command -v gcc >/dev/null && command -v g++ >/dev/null || apt_install "a compiler of C++ is needed" g++ libc6-dev || exit
}

# unpack FOLDER : the sdist's vendor/llama.cpp, in that folder.
unpack() {
  local folder=$1 archive=$cache/downloads/$sdist_hash.tar.gz from
  if [ ! -e "$archive" ]; then
    say "fetching $sdist from PyPI, for llama.cpp"
    from=$("$python" -m pip download --disable-pip-version-check --no-input --quiet --no-deps --no-binary llama-cpp-python \
      --dest "$folder/sdist" "$sdist" </dev/null && ls "$folder"/sdist/*.tar.gz) ||
      fail "$sdist was not found on PyPI; is there a network?"
    mkdir -p "$cache/downloads"
    mv "$from" "$archive"
  fi
  [ "$(sha256sum <"$archive" | cut -d ' ' -f 1)" = "$sdist_hash" ] || {
    rm "$archive"
    fail "$sdist: found another hash than $sdist_hash"
  }
  mkdir -p "$folder"
  tar -xzf "$archive" -C "$folder" --strip-components=2 --wildcards '*/vendor/llama.cpp' || fail "$archive could not be unpacked"
}

# built_llama_cpp FOLDER : its `llama_cpp`.
built_llama_cpp() {
  local folder=$1 tools
  tools=$(environment peers)/bin || exit
  unpack "$folder/source" || exit
  say "building llama.cpp with $cxx (minutes)"
  PATH=$tools:$PATH quietly "configuring llama.cpp" cmake -S "$program" -B "$folder/build" -G Ninja \
    -DCMAKE_BUILD_TYPE=Release -DCMAKE_C_COMPILER="$cc" -DCMAKE_CXX_COMPILER="$cxx" \
    -DLLAMA_CPP="$folder/source/llama.cpp" -DGGML_NATIVE=ON
  PATH=$tools:$PATH quietly "building llama.cpp" cmake --build "$folder/build" --target llama_cpp
  printf '{"package": "%s", "sha256": "%s", "compiler": "%s"}\n' "$sdist" "$sdist_hash" "$("$cxx" --version | head -n 1)" >"$folder/build/peer.json"
}

# key : of what is built: the source, the compiler, the processor.
key() {
  {
    printf '%s\n' "$sdist_hash" "$cxx"
    "$cxx" --version
    grep -m 1 '^flags' /proc/cpuinfo
    cat "$program"/{CMakeLists.txt,llama_cpp.cpp}
    declare -f unpack built_llama_cpp
  } | digest
}

case "$*" in
  llama.cpp) ;;
  '' | -h | --help) usage && exit ;;
  *)
    usage >&2
    exit 2
    ;;
esac
ensure python
compilers
folder=$(kept "peer-llama.cpp-$(key)" built_llama_cpp)
printf '%s\n' "$folder/build/llama_cpp"
