// SPDX-License-Identifier: BSD-3-Clause
#include "equikoop/base/digest.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <fstream>
#include <vector>

#include "equikoop/base/error.hpp"

namespace equikoop {
namespace {

EVP_MD_CTX* raw(void* context) { return static_cast<EVP_MD_CTX*>(context); }

void check(int result) {
  if (result != 1) throw Error("OpenSSL cannot compute a SHA-256");
}

}  // namespace

void Digest::Free::operator()(void* context) const noexcept { EVP_MD_CTX_free(raw(context)); }

Digest::Digest() : context_(EVP_MD_CTX_new()) {
  check(context_ ? 1 : 0);
  check(EVP_DigestInit_ex(raw(context_.get()), EVP_sha256(), nullptr));
}

void Digest::add(std::span<const std::byte> bytes) {
  check(EVP_DigestUpdate(raw(context_.get()), bytes.data(), bytes.size()));
}

std::array<std::byte, Digest::k_bytes> Digest::finish() {
  std::array<std::byte, k_bytes> result{};
  check(EVP_DigestFinal_ex(raw(context_.get()), reinterpret_cast<unsigned char*>(result.data()), nullptr));
  return result;
}

std::string Digest::finish_text() {
  std::string text;
  for (const std::byte byte : finish()) text += fmt::format("{:02x}", static_cast<unsigned>(byte));
  return text;
}

std::string digest_of_file(const std::filesystem::path& path) {
  constexpr std::size_t k_piece = std::size_t{1} << 20;
  std::ifstream file(path, std::ios::binary);
  std::vector<char> piece(k_piece);
  Digest digest;
  while (file) {
    file.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    digest.add(std::span<const char>(piece.data(), static_cast<std::size_t>(file.gcount())));
  }
  if (!file.eof()) throw Error(fmt::format("{} cannot be read", path.string()));
  return digest.finish_text();
}

}  // namespace equikoop
