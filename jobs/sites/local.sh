# shellcheck shell=bash disable=SC2034,SC2154  # set for, and set by, jobs/stage.sh
# SPDX-License-Identifier: BSD-3-Clause
# The default: this machine without a scheduler, or a Slurm whose srun speaks PMIx.
if [ -n "${SLURM_JOB_ID:-}" ]; then
  launcher=(srun --mpi=pmix --kill-on-bad-exit=1)
else
  launcher=(mpirun -q -n "$ranks")
fi
