// SPDX-License-Identifier: BSD-3-Clause
#include "equikoop/base/digest.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

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

}  // namespace equikoop
