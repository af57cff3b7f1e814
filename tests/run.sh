#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Sets up like jobs/run.sh and runs every test. EQUIKOOP_DATA may name a folder with MNIST; tests on
# it say that they are skipped where it is not found.
#   tests/run.sh [--long] [options of ctest]    --long: afterwards the 50 kills, sanitizers, clang and
#                                               clang-tidy, valgrind and the fuzzing minutes
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../jobs/environment.sh
. "$(dirname "$0")/../jobs/environment.sh"

long=0
if [ "${1:-}" = --long ]; then
  long=1
  shift
fi
"$equikoop_root/jobs/setup.sh" "$([ $long = 1 ] && echo --long || echo --tests)"
python=$(equikoop_python)
export EQUIKOOP_PYTHON=$python
"$python" "$equikoop_root/input/make_digits.py" --out "$equikoop_root/input/data/digits"

# A checkout of the developers has the data beside it; a user names it.
if [ -z "${EQUIKOOP_DATA:-}" ] && [ -d "$equikoop_root/../shared/data/mnist" ]; then
  EQUIKOOP_DATA=$(cd "$equikoop_root/../shared/data/mnist" && pwd)
  export EQUIKOOP_DATA
fi
if [ -n "${EQUIKOOP_DATA:-}" ]; then
  echo "equikoop: MNIST is looked for in $EQUIKOOP_DATA"
else
  echo "equikoop: EQUIKOOP_DATA is not set: tests on MNIST are skipped"
fi

cd "$equikoop_build"
ctest --output-on-failure --no-tests=error "$@"
[ $long = 1 ] || exit 0

# What takes long, one after another; all are run, and what failed is said at the end.
failed=()
run_long() {
  local name=$1
  shift
  echo "equikoop: $name"
  "$@" || failed+=("$name")
}
export EQUIKOOP_BINARY=$equikoop_build/src/equikoop EQUIKOOP_KILLS=50 EQUIKOOP_LONG=1
run_long "kills" "$python" "$equikoop_root/tests/hostile/kill_test.py"
run_long "stops" "$python" "$equikoop_root/tests/hostile/stop_test.py"
for name in sanitizers clang valgrind fuzz; do
  run_long "$name" "$equikoop_root/tests/long/$name.sh"
done
run_long "mpich" "$equikoop_root/tests/install/mpich.sh"
[ ${#failed[@]} -eq 0 ] || { echo "equikoop: failed: ${failed[*]}" >&2; exit 1; }
echo "equikoop: the long tests passed"
