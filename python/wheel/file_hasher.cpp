#include "python/wheel/file_hasher.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <new>

#include "store/platform/digest.h"
#include "store/platform/error.h"

namespace envstore {
namespace {

struct Kind {
  std::string_view name;
  const EVP_MD* (*get)();
};
constexpr std::array<Kind, kHashAlgorithms.size()> kKinds = {{{"sha256", EVP_sha256},
                                                              {"sha384", EVP_sha384},
                                                              {"sha512", EVP_sha512},
                                                              {"sha224", EVP_sha224},
                                                              {"sha3_224", EVP_sha3_224},
                                                              {"sha3_256", EVP_sha3_256},
                                                              {"sha3_384", EVP_sha3_384},
                                                              {"sha3_512", EVP_sha3_512},
                                                              {"blake2b", EVP_blake2b512},
                                                              {"blake2s", EVP_blake2s256},
                                                              {"md5", EVP_md5},
                                                              {"sha1", EVP_sha1}}};

const EVP_MD* kind_of(std::string_view algorithm) {
  const auto found =
      std::find_if(kKinds.begin(), kKinds.end(), [&](const Kind& kind) { return kind.name == algorithm; });
  return found == kKinds.end() ? nullptr : found->get();
}

/// Without this, the first use reads and parses openssl.cnf.
void start_openssl() {
  static std::once_flag once;
  std::call_once(once, [] { (void)OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr); });
}

std::string joined(const FileDigests& hashes) {
  std::string text;
  for (const FileDigest& hash : hashes)
    text += (text.empty() ? "" : " or ") + hash.algorithm + " " + (hash.hex.empty() ? "?" : hash.hex);
  return text;
}

}  // namespace

struct FileHasher::Context {
  explicit Context(std::string_view of) : algorithm(of), context(EVP_MD_CTX_new()) {
    if (context == nullptr) throw std::bad_alloc();
    begin();
  }
  ~Context() { EVP_MD_CTX_free(context); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  void begin() { require(EVP_DigestInit_ex(context, kind_of(algorithm), nullptr)); }
  void update(std::span<const std::byte> bytes) {
    require(EVP_DigestUpdate(context, bytes.data(), bytes.size()));
  }
  FileDigest finish() {
    std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    require(EVP_DigestFinal_ex(context, digest.data(), &size));
    begin();
    return {std::string(algorithm), to_hex({digest.data(), size})};
  }

  const std::string_view algorithm;
  EVP_MD_CTX* context;

 private:
  void require(int result) const {
    if (result != 1)
      throw Error(ErrorKind::unsupported,
                  "cannot check a file's " + std::string(algorithm) + ": OpenSSL does not offer it here");
  }
};

FileHasher::FileHasher(const FileDigests& wanted) {
  start_openssl();
  for (const HashAlgorithm& each : kHashAlgorithms)
    if (wanted.digest(each.name)) contexts_.push_back(std::make_unique<Context>(each.name));
}

FileHasher::~FileHasher() = default;

void FileHasher::update(std::span<const std::byte> bytes) {
  for (const auto& context : contexts_) context->update(bytes);
}

FileDigests FileHasher::finish() {
  FileDigests found;
  for (const auto& context : contexts_) found.add(context->finish());
  return found;
}

FileDigests digests_of(std::span<const std::byte> bytes, const FileDigests& wanted) {
  FileHasher hasher(wanted);
  hasher.update(bytes);
  return hasher.finish();
}

void check_stated_hashes(const FileDigests& stated, const FileDigests& found, const std::string& what) {
  for (const FileDigest& hash : stated) {
    if (found.contains(hash)) continue;
    if (hash.hex.empty())
      throw Error(
          ErrorKind::invalid_input,
          "cannot use '" + what + "': what is said to be its " + hash.algorithm + " is no such digest",
          "ask who runs the index, or correct the address");
    throw Error(
        ErrorKind::invalid_input,
        "cannot use '" + what + "': its " + hash.algorithm + " is " +
            found.digest(hash.algorithm).value_or("not known") + ", and should be " + hash.hex,
        "the file was changed after its hash was written, or on its way here: ask who runs the index");
  }
}

void check_required_hashes(const FileDigests& allowed, std::span<const std::byte> bytes,
                           const std::string& what) {
  if (allowed.empty())
    throw Error(ErrorKind::invalid_input,
                "cannot use '" + what + "': hashes are required, and none is given for it");
  const FileDigests found = digests_of(bytes, allowed);
  if (std::any_of(found.begin(), found.end(), [&](const FileDigest& hash) { return allowed.contains(hash); }))
    return;
  throw Error(ErrorKind::invalid_input, "cannot use '" + what + "': it has " + joined(found) +
                                            ", which is not among the hashes that the requirements demand");
}

}  // namespace envstore
