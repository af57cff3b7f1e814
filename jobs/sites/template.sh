# shellcheck shell=bash disable=SC2034,SC2154  # set for, and set by, jobs/stage.sh
# SPDX-License-Identifier: BSD-3-Clause
# Copy to jobs/sites/NAME.sh, edit, and submit with: jobs/submit.sh STUDY --site NAME
# Read twice: by submit.sh where you log in (submit_options), and by each job where it runs (all).

# Given to every sbatch of this site; options of submit.sh come later and win.
submit_options=()
# submit_options=(--account=PROJECT --partition=NAME --constraint=KIND)

# What was loaded when equikoop was built. Modules often break `set -u`.
if [ -n "${SLURM_JOB_ID:-}" ]; then
  set +u
  # module load gcc openmpi hdf5-mpi petsc slepc scalapack boost openblas
  set -u
fi

# How MPI programs start here; the program and its words follow. $ranks is the number of ranks.
# --kill-on-bad-exit: without it the other ranks wait for one that was killed.
launcher=(srun --mpi=pmix --kill-on-bad-exit=1)
# launcher=(mpirun -q -n "$ranks")   # where srun does not speak the MPI's PMI

# One rank a core; memory a rank is in the job scripts (submit.sh --sbatch changes it).
# export SRUN_CPUS_PER_TASK=${SLURM_CPUS_PER_TASK:-1}

# Open MPI's own parallel I/O is slow or hangs on some parallel file systems:
# export OMPI_MCA_io=romio321

# Where the program and the data sets are, if not in this tree:
# program: export EQUIKOOP_BUILD=...   (its folder src/ holds equikoop), or equikoop on the PATH
# data:    export EQUIKOOP_DATA=...
# reports: export EQUIKOOP_PYTHON=...  (with h5py and matplotlib)
