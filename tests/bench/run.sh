#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Builds for this machine, measures, and prints a table of figures beside their floors and targets:
#   tests/bench/run.sh [--only REGEX] [--quick] [--json FILE]      (default FILE: bench.json here)
# MNIST is looked for in EQUIKOOP_DATA, then where input/get_mnist.sh puts it; images of its shape stand in.
# Peers (NumPy, SciPy, PyTorch) are measured where they are installed.
# Nothing else should run on the machine.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../../jobs/environment.sh
. "$(dirname "$0")/../../jobs/environment.sh"

"$equikoop_root/jobs/setup.sh" --tests > /dev/null
export EQUIKOOP_BINARY=$equikoop_build/src/equikoop
exec "$(equikoop_python)" "$equikoop_root/tests/bench/bench.py" --json bench.json "$@"
