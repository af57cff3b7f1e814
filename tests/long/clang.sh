#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Everything built by clang with warnings as errors, then clang-tidy over the program's sources.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../../jobs/environment.sh
. "$(dirname "$0")/../../jobs/environment.sh"

build=$equikoop_root/build/clang
mkdir -p "$equikoop_root/build"
cmake -S "$equikoop_root" -B "$build" -DCMAKE_BUILD_TYPE=Release -DCMAKE_C_COMPILER=clang -DCMAKE_CXX_COMPILER=clang++ \
      -DEQUIKOOP_TESTS=ON -DEQUIKOOP_WERROR=ON > "$build-configure.log" 2>&1
cmake --build "$build" --parallel "$equikoop_cores"
cd "$equikoop_root"
find src -name '*.cpp' -print0 | xargs -0 -n 4 -P "$equikoop_cores" clang-tidy -p "$build" --quiet
echo "clang: no warning; clang-tidy: clean"
