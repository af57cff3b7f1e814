// SPDX-License-Identifier: BSD-3-Clause
// The floors of this machine: peak of matrix products, memory bandwidth, raw writes and reads of a
// file with fsync.   bench_machine ROUNDS MEGABYTES FOLDER
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "dynamics/aligned.hpp"
#include "dynamics/matrix.hpp"
#include "measure.hpp"
#include "raw_file.hpp"

namespace {

using namespace equikoop;
using bench::seconds_of;

/// GFLOP/s of a product of square matrices that fit the second-level cache's blocks: the most a
/// core gives.
template <class Real>
double gemm_rate() {
  constexpr std::size_t k_size = 768;
  static AlignedVector<Real> a(k_size * k_size, Real(0.5)), b(a), c(a);
  const auto view = [](auto& x) { return Matrix<Real>{x.data(), k_size, k_size, k_size}; };
  const double seconds = seconds_of(
      [&] { multiply<Real>(1, view(a), Form::plain, view(b), Form::plain, 0, view(c)); });
  return 2e-9 * k_size * k_size * k_size / seconds;
}

/// GB/s of a = b + s·c on arrays far larger than the caches; what a write must first read is not
/// counted, as McCalpin's STREAM does.
double triad_rate(std::size_t bytes) {
  static AlignedVector<double> a(bytes / 3 / sizeof(double)), b(a.size(), 1.0), c(a.size(), 2.0);
  double* const to = a.data();
  const double *const x = b.data(), *const y = c.data();
  const std::size_t size = a.size();
  const double seconds = seconds_of([&] {
    for (std::size_t i = 0; i < size; ++i) to[i] = x[i] + 3.0 * y[i];
  });
  if (a[size / 2] != 7.0) throw std::runtime_error("triad computes something else");
  return 1e-9 * 3 * sizeof(double) * static_cast<double>(size) / seconds;
}

void measure(std::size_t rounds, std::size_t bytes, const std::string& folder) {
  std::vector<double> single, twice, triad, writes, reads;
  std::vector<char> piece(bench::k_piece, 'x');
  const std::string path = folder + "/raw.bin";
  gemm_rate<float>();
  gemm_rate<double>();
  triad_rate(bytes);
  for (std::size_t i = 0; i < rounds; ++i) {
    single.push_back(gemm_rate<float>());
    twice.push_back(gemm_rate<double>());
    triad.push_back(triad_rate(bytes));
    const double megabytes = 1e-6 * static_cast<double>(bytes);
    writes.push_back(megabytes / bench::write_seconds(path, bytes, piece));
    // From the page cache: what a stage that follows training on the same machine meets.
    reads.push_back(megabytes / bench::read_seconds(path, bytes, piece));
  }
  std::filesystem::remove(path);
  bench::print_series("gemm float32", "GFLOP/s", single);
  bench::print_series("gemm float64", "GFLOP/s", twice);
  bench::print_series("triad", "GB/s", triad);
  bench::print_series("raw write", "MB/s", writes);
  bench::print_series("raw read", "MB/s", reads);
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 4) throw std::runtime_error("usage: bench_machine ROUNDS MEGABYTES FOLDER");
  const std::size_t bytes = std::stoul(argv[2]) << 20;
  measure(std::stoul(argv[1]), bytes / bench::k_piece * bench::k_piece, argv[3]);
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "bench_machine: %s\n", error.what());
  return 1;
}
