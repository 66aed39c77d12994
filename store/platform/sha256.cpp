#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <mutex>

#include "store/platform/digest.h"
#include "store/platform/error.h"

namespace envstore {
namespace {

void require(int result) {
  if (result != 1) throw Error(ErrorKind::io, "cannot compute SHA-256: OpenSSL refuses");
}

/// Without this, the first use reads and parses openssl.cnf.
void start_openssl() {
  static std::once_flag once;
  std::call_once(once, [] { require(OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr)); });
}

EVP_MD_CTX* context_of(void* context) {
  return static_cast<EVP_MD_CTX*>(context);
}

}  // namespace

Sha256::Sha256() : context_(nullptr) {
  start_openssl();
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  if (context == nullptr) throw std::bad_alloc();
  if (EVP_DigestInit_ex(context, EVP_sha256(), nullptr) != 1) {
    EVP_MD_CTX_free(context);
    require(0);
  }
  context_ = context;
}

Sha256::~Sha256() {
  EVP_MD_CTX_free(context_of(context_));
}

void Sha256::update(std::span<const std::byte> bytes) {
  require(EVP_DigestUpdate(context_of(context_), bytes.data(), bytes.size()));
}

std::array<std::uint8_t, 32> Sha256::finish() {
  std::array<std::uint8_t, 32> digest{};
  require(EVP_DigestFinal_ex(context_of(context_), digest.data(), nullptr));
  require(EVP_DigestInit_ex(context_of(context_), nullptr, nullptr));  // keeps the algorithm, fetched once
  return digest;
}

std::array<std::uint8_t, 32> sha256(std::span<const std::byte> bytes) {
  thread_local Sha256 hash;
  hash.update(bytes);
  return hash.finish();
}

}  // namespace envstore
