// SPDX-License-Identifier: BSD-3-Clause
// The main of every GoogleTest program: MPI around the tests, one verdict for all ranks.
// Failures of any rank are printed by that rank; the other lines by rank 0 alone.
#include <gtest/gtest.h>
#include <mpi.h>

#include <algorithm>
#include <cstdio>

#include "support/main_hooks.hpp"

namespace {

/// Prints only failures, with the rank they come from.
class FailurePrinter : public testing::EmptyTestEventListener {
 public:
  explicit FailurePrinter(int rank) : rank_(rank) {}
  void OnTestPartResult(const testing::TestPartResult& result) override {
    if (!result.failed()) return;
    std::printf("[rank %d] %s:%d\n%s\n", rank_, result.file_name() ? result.file_name() : "?",
                result.line_number(), result.summary());
    std::fflush(stdout);
  }

 private:
  int rank_;
};

}  // namespace

#ifdef __SANITIZE_ADDRESS__
/// Open MPI closes its modules before the process ends and with them the names of what they leaked, by which
/// tests/long/leaks.supp knows them: under the address sanitizer they stay open.
extern "C" int dlclose(void*) { return 0; }
#endif

int main(int argc, char** argv) {
  int provided = 0;
  MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided);
  testing::InitGoogleTest(&argc, argv);
  int rank = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  equikoop::test::set_up();
  if (rank != 0) {
    auto& listeners = testing::UnitTest::GetInstance()->listeners();
    delete listeners.Release(listeners.default_result_printer());
    listeners.Append(new FailurePrinter(rank));
  }
  int verdict = RUN_ALL_TESTS();
  MPI_Allreduce(MPI_IN_PLACE, &verdict, 1, MPI_INT, MPI_MAX, MPI_COMM_WORLD);
  equikoop::test::tear_down();
  MPI_Finalize();
  return verdict;
}
