// SPDX-License-Identifier: BSD-3-Clause
// Any bytes as an IDX file, plain or gzip: images and labels, whole and header alone.
#include "equikoop/data/idx.hpp"
#include "memory_file.hpp"
#include "try_to.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using equikoop::fuzz::try_to;
  static const equikoop::fuzz::MemoryFile file;
  file.hold(data, size);
  try_to([&] {
    const auto shape = equikoop::read_idx_image_shape(file.path());
    std::vector<std::uint8_t> content(equikoop::k_idx_images_header + shape.bytes());
    equikoop::read_idx_images(file.path(), shape, content);
  });
  try_to([&] { equikoop::read_idx_labels(file.path()); });
  try_to([&] { equikoop::read_idx_label_shape(file.path()); });
  return 0;
}
