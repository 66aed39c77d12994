#include "store/platform/digest.h"

#include <doctest/doctest.h>

using namespace envstore;

TEST_CASE("SHA-256 of FIPS 180-4's examples") {
  CHECK(to_hex(sha256(as_bytes(""))) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(to_hex(sha256(as_bytes("abc"))) ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  Sha256 hash;
  hash.update(as_bytes("a"));
  hash.update(as_bytes("bc"));
  CHECK(hash.finish() == sha256(as_bytes("abc")));
  hash.update(as_bytes("abc"));
  CHECK(hash.finish() == sha256(as_bytes("abc")));
}

TEST_CASE("the fingerprint of no bytes is the published XXH3-128 of no bytes") {
  CHECK(fingerprint(as_bytes("")).hex() == "99aa06d3014798d86001c324468d497f");
}

TEST_CASE("an id is 64 hexadecimal digits and nothing else") {
  const BlobId id{sha256(as_bytes("abc"))};
  CHECK(BlobId::parse(id.hex()) == id);
  CHECK_FALSE(BlobId::parse(id.hex().substr(1)));
  CHECK_FALSE(BlobId::parse(id.hex() + "0"));
  CHECK_FALSE(BlobId::parse("g" + id.hex().substr(1)));
}
