// SPDX-License-Identifier: BSD-3-Clause
// A table of contents: MPI, the program, and what happens when one rank alone fails.
#include <fmt/format.h>
#include <mpi.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <vector>

#include "commands/program.hpp"
#include "equikoop/base/comm.hpp"
#include "equikoop/base/error.hpp"
#ifdef EQUIKOOP_HAVE_OPENBLAS
#include <cblas.h>
#endif
#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace {

/// One thread of BLAS a rank: ranks are the parallelism, and more threads change last bits.
void use_one_blas_thread() {
#ifdef EQUIKOOP_HAVE_OPENBLAS
  openblas_set_num_threads(1);
#endif
}

/// Large blocks go back to the system when they are freed, so that a rank is as large as what it holds.
/// SuperLU_DIST, which PETSc brings along, turns that off as it is loaded: no mapped blocks, no trimming.
void give_memory_back() {
#ifdef __GLIBC__
  constexpr int k_most_mapped = 65536;  // glibc's own
  constexpr int k_large = 4 << 20;      // bytes
  mallopt(M_MMAP_MAX, k_most_mapped);
  mallopt(M_MMAP_THRESHOLD, k_large);
  mallopt(M_TRIM_THRESHOLD, k_large);
#endif
}

int run(int argc, char** argv) {
  const equikoop::Comm world(MPI_COMM_WORLD);
  const char* data = std::getenv("EQUIKOOP_DATA");
  try {
    return equikoop::run_program(world, std::vector<std::string>(argv + 1, argv + argc), data ? data : "");
  } catch (const std::exception& error) {
    // Not an error that all ranks share: the others may be waiting for this one.
    fmt::print(stderr, "equikoop: rank {}: {}\n", world.rank(), equikoop::line_of(error));
    if (world.size() > 1) MPI_Abort(world.raw(), 1);
    return 1;
  }
}

}  // namespace

int main(int argc, char** argv) {
  int provided = 0;
  MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided);
  use_one_blas_thread();
  give_memory_back();
  const int code = run(argc, argv);
  MPI_Finalize();
  return code;
}
