// SPDX-License-Identifier: BSD-3-Clause
// Spectra of trajectories that are read a few features at a time against those of trajectories in
// memory: the same bits.
#include <gtest/gtest.h>
#include <mpi.h>

#include <algorithm>
#include <limits>
#include <optional>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#endif

#include "ensembles.hpp"
#include "equikoop/base/partition.hpp"
#include "equikoop/koopman/spectrum.hpp"
#include "koopman/panels.hpp"

namespace equikoop {
namespace {

using namespace test;

/// SLEPc's SVDSolve_TRLanczos does not free its work when a product fails, and only the slow unwinder of
/// the address sanitizer gives that leak a name that could be suppressed.
#ifdef __SANITIZE_ADDRESS__
using LeaksAllowed = __lsan::ScopedDisabler;
#else
struct LeaksAllowed {};
#endif

/// What this rank's share of an ensemble is when it lies elsewhere.
template <class Real>
struct Elsewhere {
  const Ensemble<Real>& ensemble;
  Range share;
  std::size_t longest = 0;  ///< numbers of the largest piece so far, over all trajectories
  TrajectoryStream<Real> stream;

  Elsewhere(const Comm& world, const Ensemble<Real>& all, std::size_t most_numbers)
      : ensemble(all),
        share(block(all.shape.features, std::size_t(world.size()), std::size_t(world.rank()))) {
    stream.most_numbers = most_numbers;
    stream.read = [this](std::size_t m, Range times, Range features, Real* to) {
      longest = std::max(longest, ensemble.shape.initials * times.size() * features.size());
      for (std::size_t t = times.begin; t < times.end; ++t)
        for (std::size_t f = features.begin; f < features.end; ++f)
          *to++ = ensemble.values[(m * ensemble.shape.times + t) * ensemble.shape.features +
                                  share.begin + f];
    };
  }
  TrajectoryView<Real> in_memory() const { return ensemble.features(share.begin, share.end); }
  TrajectoryView<Real> streamed() const {
    return view_of(stream, {ensemble.shape.initials, ensemble.shape.times, share.size()});
  }
};

void expect_same_bits(const EnsembleSpectrum& a, const EnsembleSpectrum& b) {
  ASSERT_GT(a.rank, 0);
  ASSERT_EQ(a.rank, b.rank);
  EXPECT_EQ(a.eigenvalues, b.eigenvalues);
  EXPECT_EQ(a.residuals_insample, b.residuals_insample);
  EXPECT_EQ(a.residuals_heldout, b.residuals_heldout);
  EXPECT_EQ(a.amplitudes, b.amplitudes);
  EXPECT_EQ(a.singular_values, b.singular_values);
  EXPECT_EQ(a.total_energy, b.total_energy);
  EXPECT_EQ(a.noise_cut, b.noise_cut);
  EXPECT_EQ(a.trajectories_used, b.trajectories_used);
  EXPECT_EQ(a.reduced, b.reduced);
}

template <class Real>
void expect_streamed_as_in_memory(const TrajectoryShape& shape, std::size_t most_numbers) {
  const Comm world(MPI_COMM_WORLD);
  const auto ensemble = training_like<Real>(shape, 1e-3);
  Elsewhere<Real> elsewhere(world, ensemble, most_numbers);
  KoopmanOptions options;
  options.rank = 4;
  options.folds = 3;
  for (const Method method : {Method::snapshots, Method::matrix_free, Method::dense})
    for (const std::size_t delays : {0, 3})
      for (const Range window : {Range{0, shape.times}, Range{2, shape.times - 5}}) {
        SCOPED_TRACE(to_string(method));
        options.method = method;
        PseudospectrumRequest near{{0.5, 1.0}, {}}, far = near;
        const std::vector<double> factors{1.0, 0.5};
        const auto held =
            ensemble_spectra(world, elsewhere.in_memory().window(window.begin, window.end), options,
                             delays, factors, near);
        const auto read =
            ensemble_spectra(world, elsewhere.streamed().window(window.begin, window.end), options,
                             delays, factors, far);
        for (std::size_t i = 0; i < factors.size(); ++i) expect_same_bits(held[i], read[i]);
        EXPECT_EQ(near.residuals, far.residuals);
      }
  const std::size_t one_panel = shape.initials * shape.times * std::min(k_most_panel_features, shape.features);
  EXPECT_LE(elsewhere.longest, std::max(one_panel, most_numbers));
}

TEST(Streamed, OnePanelAtATimeGivesTheSameBits) {
  expect_streamed_as_in_memory<float>({4, 24, 2750}, 0);
}

TEST(Streamed, PiecesThatDoNotDivideTheFeaturesGiveTheSameBits) {
  // Panels of at most 512 of 2,750 features: two at a time, the last alone on one rank and on two.
  expect_streamed_as_in_memory<double>({4, 24, 2750}, 2 * 4 * 24 * k_most_panel_features);
}

TEST(Streamed, OneFeatureLeavesOtherRanksEmpty) {
  expect_streamed_as_in_memory<double>({4, 40, 1}, 0);
}

TEST(Streamed, FeaturesMethodGathersWhatItReads) {
  const Comm world(MPI_COMM_WORLD);
  const auto ensemble = training_like<float>({3, 40, 6}, 1e-3);
  const Elsewhere<float> elsewhere(world, ensemble, 0);
  KoopmanOptions options;
  options.method = Method::features;
  options.rank = 3;
  expect_same_bits(ensemble_spectrum(world, elsewhere.in_memory(), options, 2),
                   ensemble_spectrum(world, elsewhere.streamed(), options, 2));
}

TEST(Streamed, TrajectoriesWithNaNAreFoundAndLeftOut) {
  const Comm world(MPI_COMM_WORLD);
  auto ensemble = training_like<float>({5, 24, 1300}, 1e-3);
  ensemble.at(1, 20, 1299) = std::numeric_limits<float>::quiet_NaN();  // the last rank's feature
  const Elsewhere<float> elsewhere(world, ensemble, 0);
  const auto finite = finite_trajectories(world, elsewhere.streamed());
  EXPECT_EQ(finite, (std::vector<std::size_t>{0, 2, 3, 4}));
  KoopmanOptions options;
  options.method = Method::snapshots;
  options.rank = 4;
  expect_same_bits(ensemble_spectrum(world, elsewhere.in_memory(), options, 1),
                   ensemble_spectrum(world, elsewhere.streamed().only(finite), options, 1));
  EXPECT_THROW(ensemble_spectrum(world, elsewhere.streamed(), options, 1), Error);
}

TEST(Streamed, WhatOneRankCannotReadFailsOnAll) {
  const Comm world(MPI_COMM_WORLD);
  const auto ensemble = training_like<float>({3, 24, 1300}, 1e-3);
  KoopmanOptions options;
  for (const Method method : {Method::snapshots, Method::matrix_free})
    for (const int good_reads : {0, 5, 10}) {
      Elsewhere<float> elsewhere(world, ensemble, 0);
      int left = world.rank() + 1 == world.size() ? good_reads : 1'000'000;
      elsewhere.stream.read = [&, read = elsewhere.stream.read](std::size_t m, Range times,
                                                               Range features, float* to) {
        if (left-- <= 0) throw Error("the disk is gone");
        read(m, times, features, to);
      };
      options.method = method;
      std::optional<LeaksAllowed> of_lanczos;
      if (method == Method::matrix_free) of_lanczos.emplace();
      try {
        ensemble_spectrum(world, elsewhere.streamed(), options, 1);
        FAIL() << "no error";
      } catch (const Error& error) {
        EXPECT_NE(std::string(error.what()).find("the disk is gone"), std::string::npos)
            << error.what();
      }
    }
}

TEST(Streamed, KernelsAreRefused) {
  const Comm world(MPI_COMM_WORLD);
  const auto ensemble = training_like<float>({3, 24, 8}, 1e-3);
  const Elsewhere<float> elsewhere(world, ensemble, 0);
  KoopmanOptions options;
  options.kernel = Kernel::gaussian;
  EXPECT_THROW(ensemble_spectrum(world, elsewhere.streamed(), options, 1), UsageError);
}

TEST(Streamed, ReadsAreWorthAGramMatrix) {
  // 32 delays of 163,840 features at 10 x 1000 steps: products of Lanczos steps would each read 6.6 GB.
  const DelayShape wide{33, 10, 1000, 163840, 163840, 0};
  FactoriseRequest request{.modes = 10, .needed = 10};
  EXPECT_EQ(choose_method(wide, request, 2).method, Method::matrix_free);
  request.streamed = true;
  EXPECT_EQ(choose_method(wide, request, 2).method, Method::snapshots);
  EXPECT_EQ(factorisation_passes(wide, request, 2), 4.0);
}

}  // namespace
}  // namespace equikoop
