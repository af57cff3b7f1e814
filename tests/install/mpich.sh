#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Builds everything but the spectra on MPICH and its HDF5, and runs the unit and MPI tests of those
# modules. Says that it is skipped where they are not installed (mpich, libmpich-dev,
# libhdf5-mpich-dev).
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../../jobs/environment.sh
. "$(dirname "$0")/../../jobs/environment.sh"

for program in mpicc.mpich mpiexec.mpich h5pcc.mpich; do
  command -v "$program" >/dev/null || { echo "equikoop: $program is missing: the MPICH build is skipped"; exit 0; }
done
cd "$equikoop_root"
cmake --preset mpich >/dev/null
cmake --build --preset mpich --parallel "$equikoop_cores"
ctest --preset mpich --no-tests=error -R '^(unit|mpi)\.'
