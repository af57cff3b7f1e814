#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# From a clean clone to a report, on this machine:
#   jobs/run.sh STUDY [options of equikoop run, for example --out DIR or --training.steps=100]
# Installs what is missing, builds, runs the three stages on all cores, and makes the report.
# EQUIKOOP_RANKS sets the number of ranks (default: the cores).
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=environment.sh
. "$(dirname "$0")/environment.sh"

[ $# -ge 1 ] || { echo "usage: $0 STUDY [options]   (for example: $0 input/quickstart.ini)" >&2; exit 2; }
study=$1
shift

build_log=$(mktemp)
trap 'rm -f "$build_log"' EXIT
echo "equikoop: setting up (the first time takes a few minutes)"
if ! "$equikoop_root/jobs/setup.sh" > "$build_log" 2>&1; then
  tail -n 30 "$build_log" >&2
  exit 1
fi
python=$(equikoop_python)

# The handwritten digits that scikit-learn ships, as IDX files; made once.
if [ ! -f "$equikoop_root/input/data/digits/train-images-idx3-ubyte" ]; then
  "$python" "$equikoop_root/input/make_digits.py" --out "$equikoop_root/input/data/digits"
fi

out=$(equikoop_out "$study" "$@")
mpirun -q -n "${EQUIKOOP_RANKS:-$equikoop_cores}" "$equikoop_build/src/equikoop" run "$study" "$@"
"$python" "$equikoop_root/postprocess/report.py" "$out"
