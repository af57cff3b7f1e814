#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Builds the fuzz targets with clang and runs each for EQUIKOOP_FUZZ_SECONDS (default 60) from the corpora.
#   tests/long/fuzz.sh [study | idx | npy | archive ...]    default: all of them
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../../jobs/environment.sh
. "$(dirname "$0")/../../jobs/environment.sh"

targets=("$@")
[ $# -gt 0 ] || targets=(study idx npy archive)
build=$equikoop_root/build/fuzz
mkdir -p "$equikoop_root/build"
cmake -S "$equikoop_root" -B "$build" -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_C_COMPILER=clang \
      -DCMAKE_CXX_COMPILER=clang++ -DEQUIKOOP_TESTS=OFF -DEQUIKOOP_FUZZ=ON \
      "-DEQUIKOOP_SANITIZE=fuzzer-no-link;address;undefined" > "$build-configure.log" 2>&1
cmake --build "$build" --parallel "$equikoop_cores" --target "${targets[@]/#/fuzz_}"
export ASAN_OPTIONS=detect_leaks=0  # MPI, HDF5 and PETSc keep memory to the end of the process
for name in "${targets[@]}"; do
  echo "fuzz: $name for ${EQUIKOOP_FUZZ_SECONDS:-60} s"
  work=$(mktemp -d)
  (cd "$work" && "$build/tests/fuzz/fuzz_$name" -max_total_time="${EQUIKOOP_FUZZ_SECONDS:-60}" -max_len=2048 -timeout=20 \
    -rss_limit_mb=4096 -verbosity=0 -print_final_stats=1 "$work" "$equikoop_root/tests/fuzz/corpus/$name") || {
    echo "fuzz: $name found something; the input is in $work" >&2
    exit 1
  }
  rm -r "$work"
done
