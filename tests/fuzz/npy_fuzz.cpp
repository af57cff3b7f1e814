// SPDX-License-Identifier: BSD-3-Clause
// Any bytes as a npy file: its header, then every element as each kind that an import reads.
#include <complex>
#include <vector>

#include "equikoop/data/npy.hpp"
#include "memory_file.hpp"
#include "try_to.hpp"

namespace {

/// Reads all of the file at once, then its last element alone.
template <class T>
void read_all(const equikoop::NpyFile& file, std::uint64_t count) {
  std::vector<T> values(count);
  file.read(0, std::span<T>(values));
  if (count > 0) file.read(count - 1, std::span<T>(values).first(1));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const equikoop::fuzz::MemoryFile bytes;
  bytes.hold(data, size);
  equikoop::fuzz::try_to([&] {
    const equikoop::NpyFile file(bytes.path());
    const std::uint64_t count = file.header().count();
    // What is accepted fits the bytes that are there.
    if (file.header().data_offset + count * bytes_of(file.header().element) != size) std::abort();
    read_all<std::complex<double>>(file, count);
    if (is_complex(file.header().element)) return;
    read_all<float>(file, count);
    read_all<double>(file, count);
  });
  return 0;
}
