// SPDX-License-Identifier: BSD-3-Clause
#include "data_sets.hpp"

#include <fmt/format.h>

#include <set>
#include <tuple>

#include "equikoop/base/digest.hpp"
#include "equikoop/data/idx_family.hpp"

namespace equikoop {
namespace {

/// The order of the samples is the trainer's; everything else makes another data set.
bool same_samples(DataOptions a, const DataOptions& b) {
  a.order = b.order;
  return a == b;
}

std::string digest_of(const RawData<std::uint8_t>& data) {
  Digest digest;
  for (const auto* const bytes : {&data.train, &data.train_labels, &data.test, &data.test_labels})
    digest.add(std::span(*bytes));
  return digest.finish_text();
}

}  // namespace

std::string digests_of_files(const Job& job) {
  std::set<std::tuple<std::string, std::string, int, int>> known;
  std::string lines;
  together(job.comm, [&] {
    if (!job.comm.is_root()) return;
    for (const Configuration& configuration : job.study.configurations) {
      const DataOptions& data = configuration.data;
      if (configuration.model.kind == ModelKind::descent || is_synthetic(data.source)) continue;
      if (known.emplace(data.source, data.path, data.samples, data.test_samples).second)
        lines += fmt::format("{} {}\n", data.source, digest_of(read_idx_family(data, job.search)));
    }
  });
  return lines;
}

template <class Real>
DataSets<Real>::DataSets(const Job& job, const std::vector<const Configuration*>& configurations) {
  for (const Configuration* configuration : configurations) {
    const DataOptions& options = configuration->data;
    if (configuration->model.kind == ModelKind::descent || find(options)) continue;
    sets_.emplace_back(options, load_dataset<Real>(job.comm, options, job.study.root_seed, job.search));
    const auto view = sets_.back().second.view();
    job.log.line("data {}: {} training and {} test samples, {} features, {} classes, {:.0f} % not background",
                 options.source, view.shape.train, view.shape.test, view.shape.features, view.shape.classes,
                 100 * view.density);
    job.log.line("first layers of {}: {}", options.source,
                 view.sparse_train.empty()
                     ? "dense products, because too few values are background for a sparse form to pay"
                     : "background and entries apart, because most values are background");
  }
}

template <class Real>
const Dataset<Real>* DataSets<Real>::find(const DataOptions& options) const {
  for (const auto& [key, set] : sets_)
    if (same_samples(key, options)) return &set;
  return nullptr;
}

template class DataSets<float>;
template class DataSets<double>;

}  // namespace equikoop
