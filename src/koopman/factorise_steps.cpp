// SPDX-License-Identifier: BSD-3-Clause
// Steps that several ways of factorising share: gathering data, handing out rows.
#include <algorithm>
#include <cmath>

#include "factorise_ways.hpp"

namespace equikoop {

template <class Real>
std::vector<double> gather_trajectories(const DelayOperator<Real>& z) {
  const DelayShape& shape = z.shape();
  const auto& view = z.trajectories();
  const std::size_t snapshots = shape.initials * shape.times;
  std::vector<double> all(snapshots * shape.features, 0.0);
  for (std::size_t m = 0; m < shape.initials; ++m)
    for (std::size_t t = 0; t < shape.times; ++t)
      std::copy_n(view.starts[m] + t * view.time_stride, view.features,
                  all.data() + (m * shape.times + t) * shape.features + shape.feature_offset);
  if (z.group().size() == 1) return all;
  // Each number is nonzero on one rank alone: the sum is exact.
  const std::size_t row = shape.times * shape.features;
  for (std::size_t m = 0; m < shape.initials; ++m)
    check_mpi(MPI_Allreduce(MPI_IN_PLACE, all.data() + m * row, static_cast<int>(row), MPI_DOUBLE,
                            MPI_SUM, z.group().raw()),
              "gather trajectories");
  return all;
}

template std::vector<double> gather_trajectories(const DelayOperator<float>&);
template std::vector<double> gather_trajectories(const DelayOperator<double>&);

Matrix local_rows_from_root(const Comm& group, const DelayShape& shape, Matrix vectors,
                            std::size_t count) {
  if (!group.is_root()) vectors = Matrix(shape.rows(), count);
  Matrix local(shape.local_rows(), count);
  for (std::size_t j = 0; j < count; ++j) {
    group.broadcast(vectors.column(j));
    for (std::size_t i = 0; i < shape.blocks; ++i)
      std::copy_n(vectors.column(j).data() + i * shape.features + shape.feature_offset,
                  shape.local_features, local.column(j).data() + i * shape.local_features);
  }
  return local;
}

std::vector<double> square_roots(std::vector<double> values) {
  for (double& value : values) value = std::sqrt(std::max(0.0, value));
  return values;
}

}  // namespace equikoop
