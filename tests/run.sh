#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Sets up like jobs/run.sh and runs every test. EQUIKOOP_DATA may name a folder with MNIST; tests on
# it say that they are skipped where it is not found.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../jobs/environment.sh
. "$(dirname "$0")/../jobs/environment.sh"

"$equikoop_root/jobs/setup.sh" --tests
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
