// SPDX-License-Identifier: BSD-3-Clause
#include "data_sets.hpp"

#include <fmt/format.h>

#include <set>

#include "equikoop/base/digest.hpp"
#include "equikoop/data/search.hpp"

namespace equikoop {
namespace {

/// The order of the samples is the trainer's; everything else makes another data set.
bool same_samples(DataOptions a, const DataOptions& b) {
  a.order = b.order;
  return a == b;
}

}  // namespace

std::string digests_of_files(const Job& job) {
  std::string lines;
  together(job.comm, [&] {
    if (!job.comm.is_root()) return;
    std::set<std::filesystem::path> known;
    for (const Configuration& configuration : job.study.configurations) {
      if (configuration.model.kind == ModelKind::descent || is_synthetic(configuration.data.source)) continue;
      const IdxFiles files = find_idx_files(configuration.data, job.search);
      for (const auto* const file : {&files.train_images, &files.train_labels, &files.test_images, &files.test_labels})
        if (known.insert(*file).second) lines += fmt::format("{}  {}\n", digest_of_file(*file), file->string());
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
