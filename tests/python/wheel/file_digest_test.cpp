#include <doctest/doctest.h>

#include "python/wheel/file_hasher.h"
#include "store/platform/digest.h"
#include "store/platform/error.h"

using namespace envstore;

namespace {

/// Digests of `abc` from the standards of the algorithms.
const FileDigests kOfAbc = {
    {"md5", "900150983cd24fb0d6963f7d28e17f72"},
    {"sha1", "a9993e364706816aba3e25717850c26c9cd0d89d"},
    {"sha224", "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"},
    {"sha256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"sha384",
     "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"},
    {"sha512",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d442"
     "3643ce8"
     "0e2a9ac94fa54ca49f"},
    {"sha3_224", "e642824c3f8cf24ad09234ee7d3c766fc9a3a5168d0c94ad73b46fdf"},
    {"sha3_256", "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532"},
    {"sha3_384",
     "ec01498288516fc926459f58e2c6ad8df9b473cb0fc08c2596da7cf0e49be4b298d88cea927ac7f539f1edf228376d25"},
    {"sha3_512",
     "b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e10e116e9192af3c91a7ec57647e3934057340b4"
     "cf408d5"
     "a56592f8274eec53f0"},
    {"blake2b",
     "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d17d87c5392aab792dc252d5de4533cc9518d3"
     "8aa8dbf1925ab92386edd4009923"},
    {"blake2s", "508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982"},
};

}  // namespace

TEST_CASE("each algorithm is computed as its standard says") {
  CHECK(kOfAbc.size() == kHashAlgorithms.size());
  CHECK(digests_of(as_bytes("abc"), kOfAbc) == kOfAbc);
  CHECK_NOTHROW(check_stated_hashes(kOfAbc, digests_of(as_bytes("abc"), kOfAbc), "file"));
}

TEST_CASE("a stream in parts has the hashes of the whole, and a hasher can be used again") {
  FileHasher hasher(kOfAbc);
  hasher.update(as_bytes("other"));
  hasher.finish();
  hasher.update(as_bytes("a"));
  hasher.update(as_bytes("bc"));
  CHECK(hasher.finish() == kOfAbc);
}

TEST_CASE("one wrong hash is enough to refuse a file, and a malformed hash refuses every file") {
  const FileDigests found = digests_of(as_bytes("abc"), kOfAbc);
  for (const FileDigest& hash : kOfAbc) {
    FileDigests stated = kOfAbc;
    stated.add({hash.algorithm, std::string(hash.hex.size(), '0')});
    CHECK_THROWS_AS(check_stated_hashes(stated, found, "file"), Error);
    CHECK_THROWS_AS(check_stated_hashes({{hash.algorithm, ""}}, found, "file"), Error);
  }
}

TEST_CASE("of the demanded hashes one is enough, and none given is none met") {
  for (const FileDigest& hash : kOfAbc) {
    FileDigests allowed = {{"sha256", std::string(64, '0')}};
    CHECK_THROWS_AS(check_required_hashes(allowed, as_bytes("abc"), "file"), Error);
    allowed.add(hash);
    CHECK_NOTHROW(check_required_hashes(allowed, as_bytes("abc"), "file"));
  }
  CHECK_THROWS_AS(check_required_hashes({}, as_bytes("abc"), "file"), Error);
}

TEST_CASE("a hash is read in any case of letters, and unknown algorithms are left out") {
  CHECK(FileDigest::read("SHA256", std::string(64, 'A')) == FileDigest{"sha256", std::string(64, 'a')});
  CHECK(FileDigest::read("sha256", std::string(65, 'a'))->hex.empty());
  for (const char* const unknown : {"", "sha2", "sha-256", "shake_128", "crc32", "sha3-256"})
    CHECK(!FileDigest::read(unknown, std::string(64, 'a')));
}
