// SPDX-License-Identifier: BSD-3-Clause
// Any bytes as an IDX file, plain or gzip: images and labels, whole and header alone.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>

#include "equikoop/base/error.hpp"
#include "equikoop/data/idx.hpp"

namespace {

template <class Read>
void try_to(const Read& read) {
  try {
    read();
  } catch (const equikoop::Error&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const int file = ::memfd_create("idx", 0);
  if (::ftruncate(file, 0) != 0 || ::pwrite(file, data, size, 0) != static_cast<ssize_t>(size)) std::abort();
  const std::string path = "/proc/self/fd/" + std::to_string(file);
  try_to([&] {
    const auto images = equikoop::read_idx_images(path);
    if (images.pixels.size() != images.shape.bytes()) std::abort();
  });
  try_to([&] { equikoop::read_idx_labels(path); });
  try_to([&] { equikoop::read_idx_image_shape(path); });
  try_to([&] { equikoop::read_idx_label_shape(path); });
  return 0;
}
