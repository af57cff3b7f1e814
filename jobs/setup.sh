#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Installs what is missing, configures and builds. Run again, it does nothing that is done.
#   jobs/setup.sh [--tests | --long]    --tests: the packages and programs of the tests as well; --long:
#                                       and those of tests/run.sh --long
# EQUIKOOP_BUILD names the build folder; EQUIKOOP_NATIVE=OFF builds for any machine of this kind.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=environment.sh
. "$(dirname "$0")/environment.sh"

tests=OFF
case ${1:-} in --tests | --long) tests=ON ;; esac

packages=(g++ cmake make pkg-config git openmpi-bin libopenmpi-dev libhdf5-openmpi-dev petsc-dev slepc-dev libscalapack-mpi-dev
          libboost-program-options-dev libopenblas-dev liblapacke-dev libfmt-dev librandom123-dev
          zlib1g-dev libdeflate-dev libssl-dev python3 python3-numpy python3-h5py python3-matplotlib python3-scipy python3-sklearn)
test_packages=(libgtest-dev libgmock-dev hdf5-tools python3-pot python3-mpmath)
# Tests that need these say that they are skipped where they cannot be installed.
optional_packages=()
if [ $tests = ON ]; then
  packages+=("${test_packages[@]}")
  optional_packages=(slurm-wlm munge iproute2 shellcheck zsh netcdf-bin python3-pandas python3-xarray)
fi
[ "${1:-}" = --long ] && optional_packages+=(clang clang-tidy libclang-rt-14-dev valgrind chromium python3-torch)

missing_packages() {
  local package
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || echo "$package"
  done
}

install() {
  DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

install_with_apt() {
  local missing optional
  mapfile -t missing < <(missing_packages "${packages[@]}")
  mapfile -t optional < <(missing_packages "${optional_packages[@]}")
  [ $((${#missing[@]} + ${#optional[@]})) -eq 0 ] && return
  as_root=()
  if [ "$(id -u)" != 0 ]; then
    if ! command -v sudo >/dev/null; then
      [ ${#missing[@]} -eq 0 ] && return
      echo "equikoop: these packages are missing, and there is no root or sudo to install them: ${missing[*]}" >&2
      exit 1
    fi
    as_root=(sudo)
  fi
  echo "equikoop: installing ${missing[*]} ${optional[*]}"
  "${as_root[@]}" apt-get update -qq
  # Together, for that is one dependency resolution; apart, where an optional one cannot be had.
  install "${missing[@]}" "${optional[@]}" && return
  [ ${#missing[@]} -eq 0 ] || install "${missing[@]}"
  [ ${#optional[@]} -eq 0 ] || install "${optional[@]}" ||
    echo "equikoop: without ${optional[*]}: the tests that need them are skipped" >&2
}

if command -v apt-get >/dev/null && command -v dpkg-query >/dev/null; then
  install_with_apt
elif ! command -v cmake >/dev/null || ! command -v mpicc >/dev/null; then
  cat >&2 <<'TEXT'
equikoop: there is no apt here, and cmake or mpicc is not on the PATH. Load the modules of this machine, for example
  module load gcc cmake openmpi hdf5-mpi petsc slepc scalapack boost openblas python
or install with Spack:
  spack install gcc cmake openmpi hdf5+mpi petsc+mpi slepc netlib-scalapack boost+program_options openblas fmt random123 zlib libdeflate openssl googletest py-h5py py-matplotlib py-scipy py-scikit-learn
  spack load cmake openmpi hdf5 petsc slepc netlib-scalapack boost openblas fmt random123 zlib libdeflate openssl
and run this script again; CMake then uses what it finds.
TEXT
  exit 1
fi

# Configure once; the cache keeps whether tests are built, and a later --tests turns them on.
if [ ! -f "$equikoop_build/CMakeCache.txt" ] ||
   { [ $tests = ON ] && ! grep -q '^EQUIKOOP_TESTS:BOOL=ON' "$equikoop_build/CMakeCache.txt"; }; then
  cmake -S "$equikoop_root" -B "$equikoop_build" -DCMAKE_BUILD_TYPE=Release -DEQUIKOOP_NATIVE="${EQUIKOOP_NATIVE:-ON}" \
        -DEQUIKOOP_TESTS=$tests > "$equikoop_root/build-configure.log" 2>&1 || {
    tail -n 20 "$equikoop_root/build-configure.log" >&2
    echo "equikoop: CMake could not configure; the lines above say what it did not find (load its module, or set CMAKE_PREFIX_PATH)" >&2
    exit 1
  }
  rm -f "$equikoop_root/build-configure.log"
fi
cmake --build "$equikoop_build" --parallel "$equikoop_cores" -- --no-print-directory
