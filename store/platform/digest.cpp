#include "store/platform/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <xxhash.h>

#include <mutex>
#include <new>

#include "store/platform/error.h"

namespace envstore {
namespace {

int digit_of(char letter) {
  if (letter >= '0' && letter <= '9') return letter - '0';
  if (letter >= 'a' && letter <= 'f') return letter - 'a' + 10;
  if (letter >= 'A' && letter <= 'F') return letter - 'A' + 10;
  return -1;
}

void require_openssl(int result) {
  if (result != 1) throw Error(ErrorKind::io, "cannot compute SHA-256: OpenSSL refuses");
}

/// Without this, the first use reads and parses openssl.cnf.
void start_openssl() {
  static std::once_flag once;
  std::call_once(once, [] { require_openssl(OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr)); });
}

EVP_MD_CTX* context_of(void* context) {
  return static_cast<EVP_MD_CTX*>(context);
}

}  // namespace

std::string to_hex(std::span<const std::uint8_t> bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const std::uint8_t byte : bytes) {
    text.push_back(kDigits[byte >> 4]);
    text.push_back(kDigits[byte & 15]);
  }
  return text;
}

bool from_hex(std::string_view text, std::span<std::uint8_t> out) {
  if (text.size() != out.size() * 2) return false;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const int high = digit_of(text[2 * i]);
    const int low = digit_of(text[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    out[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return true;
}

Fingerprint fingerprint(std::span<const std::byte> bytes) {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits(bytes.data(), bytes.size()));
  Fingerprint result;
  static_assert(sizeof canonical.digest == sizeof result.bytes);
  std::memcpy(result.bytes.data(), canonical.digest, result.bytes.size());
  return result;
}

Sha256::Sha256() : context_(nullptr) {
  start_openssl();
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  if (context == nullptr) throw std::bad_alloc();
  if (EVP_DigestInit_ex(context, EVP_sha256(), nullptr) != 1) {
    EVP_MD_CTX_free(context);
    require_openssl(0);
  }
  context_ = context;
}

Sha256::~Sha256() {
  EVP_MD_CTX_free(context_of(context_));
}

void Sha256::update(std::span<const std::byte> bytes) {
  require_openssl(EVP_DigestUpdate(context_of(context_), bytes.data(), bytes.size()));
}

std::array<std::uint8_t, 32> Sha256::finish() {
  std::array<std::uint8_t, 32> digest{};
  require_openssl(EVP_DigestFinal_ex(context_of(context_), digest.data(), nullptr));
  require_openssl(
      EVP_DigestInit_ex(context_of(context_), nullptr, nullptr));  // keeps the algorithm, fetched once
  return digest;
}

std::array<std::uint8_t, 32> sha256(std::span<const std::byte> bytes) {
  thread_local Sha256 hash;
  hash.update(bytes);
  return hash.finish();
}

}  // namespace envstore
