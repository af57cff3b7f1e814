# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# Sourced by the scripts of this project: where things are, how MPI is started on one machine, and
# which Python has the packages of the reports.

equikoop_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck disable=SC2034  # read by the scripts that source this
equikoop_build=${EQUIKOOP_BUILD:-$equikoop_root/build/native}
# nproc obeys OMP_NUM_THREADS, which is 1 below: it is about threads of a rank, not about cores.
# shellcheck disable=SC2034  # read by the scripts that source this
equikoop_cores=$(env -u OMP_NUM_THREADS -u OMP_THREAD_LIMIT nproc)

# Ranks yield and are not bound, so that several jobs share a machine; in a job, cores are given out
# by the scheduler. One BLAS thread a rank.
if [ -z "${SLURM_JOB_ID:-}" ]; then
  export OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_hwloc_base_binding_policy=none
  export OMPI_MCA_mpi_yield_when_idle=1
fi
export OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1
if [ "$(id -u)" = 0 ]; then  # containers run as root; Open MPI wants to be told twice
  export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
fi

# Prints a Python that can import h5py and matplotlib: $EQUIKOOP_PYTHON, python3, /usr/bin/python3.
equikoop_python() {
  local candidate
  for candidate in "${EQUIKOOP_PYTHON:-}" python3 /usr/bin/python3; do
    if [ -n "$candidate" ] && "$candidate" -c 'import h5py, matplotlib' 2>/dev/null; then
      command -v "$candidate"
      return
    fi
  done
  echo "equikoop: no Python with h5py and matplotlib; install them or name one in EQUIKOOP_PYTHON" >&2
  return 1
}

# equikoop_out STUDY [options]: the folder of the results, as equikoop itself decides.
equikoop_out() {
  local study=$1 word previous='' out='' name
  shift
  name=$(awk -F= '/^[ \t]*\[/ { inside = /\[study\]/ }
                  inside && $1 ~ /^[ \t]*name[ \t]*$/ { sub(/#.*/, "", $2); gsub(/^[ \t]+|[ \t]+$/, "", $2); print $2 }' "$study")
  for word in "$@"; do
    case $word in
      --out=*) out=${word#--out=} ;;
      --study.name=*) name=${word#--study.name=} ;;
    esac
    case $previous in
      --out) out=$word ;;
      --study.name) name=$word ;;
    esac
    previous=$word
  done
  [ -n "$name" ] || { name=$(basename "$study"); name=${name%.*}; }
  echo "${out:-results/$name}"
}
