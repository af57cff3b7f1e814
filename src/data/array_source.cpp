// SPDX-License-Identifier: BSD-3-Clause
#include "equikoop/data/array_source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <numeric>

#include "equikoop/archive/h5.hpp"
#include "equikoop/base/error.hpp"
#include "equikoop/data/npy.hpp"

namespace equikoop {
namespace {

class NpySource final : public ArraySource {
 public:
  explicit NpySource(const std::string& path) : file_(path) {}

  const std::vector<std::size_t>& shape() const override { return file_.header().shape; }
  std::size_t real_bytes() const override {
    return bytes_of(file_.header().element) / (is_complex() ? 2 : 1);
  }
  bool is_complex() const override { return equikoop::is_complex(file_.header().element); }
  bool first_axis_fastest() const override { return file_.header().fortran_order; }

  void read(const Box& box, std::span<float> values) const override { file_.read(first(box), values); }
  void read(const Box& box, std::span<double> values) const override { file_.read(first(box), values); }
  void read(const Box& box, std::span<std::complex<double>> values) const override {
    file_.read(first(box), values);
  }

 private:
  std::uint64_t first(const Box& box) const {
    const auto& extents = shape();
    std::uint64_t position = 0;
    for (std::size_t i = 0; i < extents.size(); ++i) {
      const std::size_t axis = first_axis_fastest() ? extents.size() - 1 - i : i;
      position = position * extents[axis] + box.offset[axis];
    }
    return position;
  }

  NpyFile file_;
};

/// A dataset of real numbers, or of the compound of two (r, i) that h5py writes for complex ones.
class Hdf5Source final : public ArraySource {
 public:
  Hdf5Source(const std::string& path, const std::string& dataset) : where_(path + ":" + dataset) {
    file_ = h5::open_file(path, false);
    try {
      dataset_ = h5::open_dataset(file_.get(), dataset);
    } catch (const Error&) {
      throw Error(fmt::format("{}: there is no dataset {}; h5dump -n 1 {} lists what there is", path, dataset, path));
    }
    read_type();
    const auto dims = h5::dimensions(dataset_);
    shape_.assign(dims.begin(), dims.end());
    if (std::find(shape_.begin(), shape_.end(), 0) != shape_.end())
      throw Error(fmt::format("{}: an axis has length 0; expected at least 1", where_));
  }

  const std::vector<std::size_t>& shape() const override { return shape_; }
  std::size_t real_bytes() const override { return real_bytes_; }
  bool is_complex() const override { return complex_; }
  bool first_axis_fastest() const override { return false; }

  void read(const Box& box, std::span<float> values) const override { read_numbers(box, H5T_NATIVE_FLOAT, values.data()); }
  void read(const Box& box, std::span<double> values) const override { read_numbers(box, H5T_NATIVE_DOUBLE, values.data()); }
  void read(const Box& box, std::span<std::complex<double>> values) const override {
    if (complex_) return read_numbers(box, h5::complex_type().get(), values.data());
    std::vector<double> real(values.size());
    read(box, real);
    std::copy(real.begin(), real.end(), values.begin());
  }

 private:
  void read_type() {
    const h5::Handle type(h5::check(H5Dget_type(dataset_.get()), "read a dataset's type"), H5Tclose);
    hid_t number = type.get();
    h5::Handle part;
    if (H5Tget_class(type.get()) == H5T_COMPOUND && H5Tget_nmembers(type.get()) == 2 &&
        H5Tget_member_index(type.get(), "r") == 0 && H5Tget_member_index(type.get(), "i") == 1) {
      complex_ = true;
      part = h5::Handle(h5::check(H5Tget_member_type(type.get(), 0), "read a dataset's type"), H5Tclose);
      number = part.get();
    }
    real_bytes_ = H5Tget_size(number);
    if (H5Tget_class(number) != H5T_FLOAT || (real_bytes_ != 4 && real_bytes_ != 8))
      throw Error(fmt::format("{}: holds neither 4- nor 8-byte floating-point numbers, nor the compound (r, i) of them",
                              where_));
  }

  void read_numbers(const Box& box, hid_t memory, void* values) const {
    h5::read_raw(dataset_, memory, {{box.offset.begin(), box.offset.end()}, {box.count.begin(), box.count.end()}},
                 values);
  }

  std::string where_;
  h5::Handle file_;
  h5::Handle dataset_;
  std::vector<std::size_t> shape_;
  std::size_t real_bytes_ = 8;
  bool complex_ = false;
};

}  // namespace

std::size_t Box::size() const noexcept {
  return std::accumulate(count.begin(), count.end(), std::size_t{1}, std::multiplies<>());
}

std::unique_ptr<ArraySource> open_array(const std::string& path, const std::string& dataset) {
  const std::string suffix = std::filesystem::path(path).extension().string();
  if (!dataset.empty()) return std::make_unique<Hdf5Source>(path, dataset);
  if (suffix == ".h5" || suffix == ".hdf5" || suffix == ".nc")
    throw UsageError(fmt::format("{} needs the path of a dataset in it: dataset = /group/name", path));
  return std::make_unique<NpySource>(path);
}

std::vector<Box> slabs(const std::vector<std::size_t>& shape, bool first_axis_fastest, std::size_t most) {
  const std::size_t axes = shape.size();
  const auto axis_at = [&](std::size_t i) { return first_axis_fastest ? axes - 1 - i : i; };
  // The slowest axes down to `split` get one index a slab; what is faster than `split` is whole.
  std::size_t inner = 1;
  std::size_t split = axes;
  while (split > 0 && inner * shape[axis_at(split - 1)] <= most) inner *= shape[axis_at(--split)];
  if (split == 0) return {{std::vector<std::size_t>(axes, 0), shape}};
  const std::size_t partial = axis_at(split - 1);
  const std::size_t step = std::max<std::size_t>(1, most / inner);
  Box box{std::vector<std::size_t>(axes, 0), shape};
  for (std::size_t i = 0; i + 1 < split; ++i) box.count[axis_at(i)] = 1;
  std::vector<Box> found;
  const std::function<void(std::size_t)> visit = [&](std::size_t i) {
    if (i + 1 < split) {
      for (std::size_t k = 0; k < shape[axis_at(i)]; ++k) {
        box.offset[axis_at(i)] = k;
        visit(i + 1);
      }
      return;
    }
    for (std::size_t k = 0; k < shape[partial]; k += step) {
      box.offset[partial] = k;
      box.count[partial] = std::min(step, shape[partial] - k);
      found.push_back(box);
    }
  };
  visit(0);
  return found;
}

}  // namespace equikoop
