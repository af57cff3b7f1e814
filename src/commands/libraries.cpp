// SPDX-License-Identifier: BSD-3-Clause
#include "libraries.hpp"

#include <fmt/format.h>
#include <hdf5.h>
#include <mpi.h>
#include <slepcsys.h>
#include <zlib.h>

#include <array>
#include <boost/version.hpp>

#ifdef EQUIKOOP_HAVE_OPENBLAS
#include <cblas.h>
#endif

#include "equikoop/base/build_info.hpp"

namespace equikoop {
namespace {

std::string mpi_version() {
  std::array<char, MPI_MAX_LIBRARY_VERSION_STRING> text{};
  int length = 0;
  MPI_Get_library_version(text.data(), &length);
  const std::string whole = text.data();
  return whole.substr(0, whole.find_first_of(",\n"));
}

std::string blas_version() {
#ifdef EQUIKOOP_HAVE_OPENBLAS
  return openblas_get_config();
#else
  return "BLAS of the system";
#endif
}

}  // namespace

std::string library_versions() {
  unsigned major = 0, minor = 0, release = 0;
  H5get_libversion(&major, &minor, &release);
  int petsc[3] = {}, slepc[3] = {};
  PetscGetVersionNumber(&petsc[0], &petsc[1], &petsc[2], nullptr);
  SlepcGetVersionNumber(&slepc[0], &slepc[1], &slepc[2], nullptr);
  return fmt::format(
      "{}\nHDF5 {}.{}.{}\nPETSc {}.{}.{}\nSLEPc {}.{}.{}\nBoost {}.{}.{}\nfmt {}.{}.{}\nzlib {}\n{}",
      mpi_version(), major, minor, release, petsc[0], petsc[1], petsc[2], slepc[0], slepc[1], slepc[2],
      BOOST_VERSION / 100000, BOOST_VERSION / 100 % 1000, BOOST_VERSION % 100, FMT_VERSION / 10000,
      FMT_VERSION / 100 % 100, FMT_VERSION % 100, zlibVersion(), blas_version());
}

Provenance own_provenance(const std::string& command_line) {
  return {std::string(build_info::version()), std::string(build_info::commit()), command_line,
          library_versions()};
}

std::string version_page() {
  return fmt::format("equikoop {}\ncommit {}\ncompiler {}\nbuild {}\n{}\n", build_info::version(),
                     build_info::commit(), build_info::compiler(), build_info::options(),
                     library_versions());
}

}  // namespace equikoop
