# SPDX-License-Identifier: BSD-3-Clause
# Finds every library equikoop stands on, as imported targets, and says in one line what is missing.
# Installed beside the package configuration, so that a program that uses the library finds the same.
find_package(MPI REQUIRED COMPONENTS C)
# The C interface only: the C++ bindings were removed from MPI 3.
set_property(TARGET MPI::MPI_C APPEND PROPERTY
             INTERFACE_COMPILE_DEFINITIONS OMPI_SKIP_MPICXX=1 MPICH_SKIP_MPICXX=1)

find_package(PkgConfig REQUIRED)
if(EQUIKOOP_KOOPMAN)
foreach(package PETSC SLEPC)  # a PETSc built by hand is found through its usual variables
  foreach(folder "$ENV{${package}_DIR}/lib/pkgconfig"
                 "$ENV{${package}_DIR}/$ENV{PETSC_ARCH}/lib/pkgconfig")
    if(EXISTS "${folder}")
      set(ENV{PKG_CONFIG_PATH} "${folder}:$ENV{PKG_CONFIG_PATH}")
    endif()
  endforeach()
endforeach()
pkg_search_module(PETSC REQUIRED IMPORTED_TARGET PETSc>=3.18 petsc>=3.18)
pkg_search_module(SLEPC REQUIRED IMPORTED_TARGET SLEPc>=3.18 slepc>=3.18)
# SCALAPACK_LIBRARIES, where it is given, names another: MKL's, or none where the compiler brings it.
if(NOT DEFINED SCALAPACK_LIBRARIES)
  find_library(SCALAPACK_LIBRARY NAMES scalapack scalapack-openmpi scalapack-mpich REQUIRED)
  set(SCALAPACK_LIBRARIES ${SCALAPACK_LIBRARY})
endif()
add_library(equikoop::scalapack INTERFACE IMPORTED GLOBAL)
target_link_libraries(equikoop::scalapack INTERFACE ${SCALAPACK_LIBRARIES})
foreach(target PkgConfig::PETSC PkgConfig::SLEPC)
  # Compiler flags of the package builder (warnings, fortification) are not ours to inherit.
  set_target_properties(${target} PROPERTIES INTERFACE_COMPILE_OPTIONS "")
endforeach()
include(CheckCXXSourceCompiles)
set(CMAKE_REQUIRED_INCLUDES ${PETSC_INCLUDE_DIRS})
check_cxx_source_compiles("#include <petscconf.h>
#ifdef PETSC_USE_COMPLEX
#error complex
#endif
int main() {}" EQUIKOOP_PETSC_IS_REAL)
unset(CMAKE_REQUIRED_INCLUDES)
if(NOT EQUIKOOP_PETSC_IS_REAL)
  message(FATAL_ERROR "equikoop needs a PETSc of real scalars; the one in ${PETSC_INCLUDE_DIRS} is complex. "
                      "Set PETSC_DIR, PETSC_ARCH and SLEPC_DIR to a real build, or load its module.")
endif()
endif()

set(HDF5_PREFER_PARALLEL ON)
find_package(HDF5 REQUIRED COMPONENTS C HL)
if(NOT HDF5_IS_PARALLEL)
  message(FATAL_ERROR "equikoop needs a parallel HDF5 (built with MPI); found a serial one in "
                      "${HDF5_INCLUDE_DIRS}. Install libhdf5-openmpi-dev or load a parallel module.")
endif()
if(NOT TARGET HDF5::HDF5)
  message(FATAL_ERROR "CMake's FindHDF5 gives no HDF5::HDF5 target; use CMake 3.22 or later")
endif()

find_package(Boost 1.70 REQUIRED COMPONENTS program_options)
find_package(fmt REQUIRED)
find_package(ZLIB REQUIRED)
# Unpacks a whole gzip file in half the time of zlib, which does it where this is missing.
find_path(LIBDEFLATE_INCLUDE_DIR libdeflate.h)
find_library(LIBDEFLATE_LIBRARY NAMES deflate)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)  # SHA-256 of what is archived
find_package(Threads REQUIRED)  # SHA-256 beside a write
find_path(RANDOM123_INCLUDE_DIR Random123/philox.h REQUIRED)

find_package(LAPACK REQUIRED)
find_library(LAPACKE_LIBRARY NAMES lapacke REQUIRED)
find_path(LAPACKE_INCLUDE_DIR lapacke.h REQUIRED PATH_SUFFIXES lapacke openblas)
find_path(CBLAS_INCLUDE_DIR cblas.h REQUIRED PATH_SUFFIXES openblas)
add_library(equikoop::linear_algebra INTERFACE IMPORTED GLOBAL)
target_include_directories(equikoop::linear_algebra SYSTEM INTERFACE ${LAPACKE_INCLUDE_DIR}
                                                                    ${CBLAS_INCLUDE_DIR})
target_link_libraries(equikoop::linear_algebra INTERFACE ${LAPACKE_LIBRARY} LAPACK::LAPACK)

include(CheckCXXSymbolExists)
set(CMAKE_REQUIRED_LIBRARIES LAPACK::LAPACK)
set(CMAKE_REQUIRED_INCLUDES ${CBLAS_INCLUDE_DIR})
check_cxx_symbol_exists(openblas_set_num_threads cblas.h EQUIKOOP_HAVE_OPENBLAS)
unset(CMAKE_REQUIRED_LIBRARIES)
unset(CMAKE_REQUIRED_INCLUDES)
