# shellcheck shell=bash disable=SC2034  # set for jobs/stage.sh
# SPDX-License-Identifier: BSD-3-Clause
# Two nodes that are one host: ranks of both would share memory segments of the same name, so they
# speak TCP; the processors are everyone's, so ranks yield and are not bound.
launcher=(srun --mpi=pmix --kill-on-bad-exit=1)
export OMPI_MCA_btl=self,tcp OMPI_MCA_btl_tcp_if_include=lo
export OMPI_MCA_hwloc_base_binding_policy=none OMPI_MCA_mpi_yield_when_idle=1
