// SPDX-License-Identifier: BSD-3-Clause
// SHA-256 by OpenSSL, fed piece by piece. Says whether bytes are those that were written; keeps no
// secrets.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

namespace equikoop {

class Digest {
 public:
  static constexpr std::size_t k_bytes = 32;
  static constexpr std::size_t k_digits = 2 * k_bytes;  ///< of the hexadecimal form

  /// Throws Error if OpenSSL offers no SHA-256.
  Digest();

  void add(std::span<const std::byte> bytes);
  template <class T>
  void add(std::span<const T> values) {
    add(std::as_bytes(values));
  }
  /// The digest of everything added; nothing can be added after.
  std::array<std::byte, k_bytes> finish();
  /// finish() as 64 hexadecimal digits.
  std::string finish_text();

 private:
  struct Free {
    void operator()(void* context) const noexcept;
  };
  std::unique_ptr<void, Free> context_;
};

/// The digest of a file's bytes as 64 hexadecimal digits, as sha256sum prints it. Throws Error where
/// it cannot be read.
std::string digest_of_file(const std::filesystem::path& path);

}  // namespace equikoop
