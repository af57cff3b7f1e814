#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Unit and MPI tests under the address and undefined-behaviour sanitizers; any finding of ours fails. GCC 12
# warns of a variable inside std::regex when it instruments (its bug 105562): that warning is off.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../../jobs/environment.sh
. "$(dirname "$0")/../../jobs/environment.sh"

build=$equikoop_root/build/asan
mkdir -p "$equikoop_root/build"
cmake -S "$equikoop_root" -B "$build" -DCMAKE_BUILD_TYPE=RelWithDebInfo "-DCMAKE_CXX_FLAGS_RELWITHDEBINFO=-O1 -g1 -Wno-maybe-uninitialized" \
      -DEQUIKOOP_TESTS=ON -DEQUIKOOP_WERROR=ON "-DEQUIKOOP_SANITIZE=address;undefined" > "$build-configure.log" 2>&1
cmake --build "$build" --parallel "$equikoop_cores"
export ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=0
export LSAN_OPTIONS=suppressions=$equikoop_root/tests/long/leaks.supp:print_suppressions=0
export UBSAN_OPTIONS=print_stacktrace=1

# First that the suppressions swallow nothing of ours: tests that pass and leak must fail.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat > "$work/leak.cpp" <<'TEXT'
#include <gtest/gtest.h>
TEST(Leak, IsFound) { EXPECT_NE(new char[1234], nullptr); }
TEXT
mpicxx -std=c++20 -g1 -fsanitize=address -DOMPI_SKIP_MPICXX "-I$equikoop_root/tests" "$work/leak.cpp" \
       "$equikoop_root"/tests/support/main*.cpp -lgtest -o "$work/leak"
if "$work/leak" > "$work/log" 2>&1 || ! grep -q 'leak of 1234 byte' "$work/log" || [ "$(grep -c 'leak of' "$work/log")" != 1 ]; then
  cat "$work/log"
  echo "sanitizers: one leak was made and not found, or not alone" >&2
  exit 1
fi

cd "$build"
ctest --output-on-failure --no-tests=error -R '^(unit|mpi)\.' "$@"
