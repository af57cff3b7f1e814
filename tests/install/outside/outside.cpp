// SPDX-License-Identifier: BSD-3-Clause
// Two decays, x0(t) = 0.9^t and x1(t) = 0.5^t: the spectrum must be {0.9, 0.5}, and W1 to {0.8, 0.5}
// must be half of 0.1. Exit code 0 if both hold.
#include <cmath>
#include <cstdio>
#include <vector>

#include "equikoop/compare/transport.hpp"
#include "equikoop/koopman/slepc_session.hpp"
#include "equikoop/koopman/spectrum.hpp"

int main(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  double error = 1;
  {
    const equikoop::Comm world(MPI_COMM_SELF);
    const equikoop::SlepcSession slepc(world.raw(), {});
    std::vector<double> values;
    for (int t = 0; t < 30; ++t) values.insert(values.end(), {std::pow(0.9, t), std::pow(0.5, t)});
    equikoop::KoopmanOptions options;
    options.rank = 2;
    options.folds = 0;
    const auto found = equikoop::ensemble_spectrum<double>(
        world, equikoop::view_of<double>(values, {1, 30, 2}), options, 1);
    const equikoop::WeightedSpectrum a{found.eigenvalues}, b{{{0.8, 0.0}, {0.5, 0.0}}};
    error = std::abs(equikoop::wasserstein(a, b, 1) - 0.05) + std::abs(found.eigenvalues.at(0) - 0.9);
    std::printf("error %.1e\n", error);
  }
  MPI_Finalize();
  return error < 1e-9 ? 0 : 1;
}
