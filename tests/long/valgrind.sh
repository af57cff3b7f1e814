#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Memcheck on a small study from training to verdicts, one rank. The build is portable: valgrind 3.19
# does not know AVX-512.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../../jobs/environment.sh
. "$(dirname "$0")/../../jobs/environment.sh"

build=$equikoop_root/build/valgrind
mkdir -p "$equikoop_root/build"
cmake -S "$equikoop_root" -B "$build" -DCMAKE_BUILD_TYPE=RelWithDebInfo -DEQUIKOOP_TESTS=OFF > "$build-configure.log" 2>&1
cmake --build "$build" --parallel "$equikoop_cores" --target equikoop
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat > "$work/small.ini" <<'TEXT'
[study]
seeds = 2
initials = 2
[data]
source = gaussian
samples = 100
test_samples = 20
features = 8
classes = 3
[model]
width = 3 4
[training]
steps = 30
batch_size = 10
[koopman]
delays = 4
rank = 3
windows = 0:1 0:0.5
[compare]
permutations = 20
bootstrap = 20
TEXT
# OpenBLAS chooses kernels for the processor it finds: one that valgrind can follow.
export OPENBLAS_CORETYPE=Haswell
suppressions=(--suppressions="$equikoop_root/tests/long/valgrind.supp")
file=/usr/share/openmpi/openmpi-valgrind.supp
if [ -f "$file" ]; then suppressions+=("--suppressions=$file"); fi
valgrind --quiet --error-exitcode=9 --leak-check=no "${suppressions[@]}" \
  "$build/src/equikoop" run "$work/small.ini" --out "$work/out"
valgrind --quiet --error-exitcode=9 --leak-check=no "${suppressions[@]}" \
  "$build/src/equikoop" status "$work/out" --verify
echo "valgrind: no error from training to verdicts"
