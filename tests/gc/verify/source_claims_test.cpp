#include "gc/verify/source_claims.h"

#include <doctest/doctest.h>

#include "python/bytecode/pyc.h"
#include "store/platform/files.h"

using namespace envstore;

namespace {

using Owners = std::set<std::uint32_t>;

// importlib.util.source_hash of 3.11
constexpr std::uint32_t kMagic = 0x0a0d0da7;
constexpr std::uint64_t kHashOfNothing = 0x737fe8d5d59c8d73, kHashOfHello = 0x627751414a49727c;
constexpr const char* kHello = "print('hello, world')\n";

BlobId blob(std::uint8_t first, std::uint8_t second = 0) {
  BlobId id;
  id.bytes[0] = first;
  id.bytes[1] = second;
  return id;
}

}  // namespace

TEST_CASE("a claim is settled by the bytes of its own source alone") {
  const PycFiles derived;
  SourceClaims claims(derived);
  claims.add(blob(7, 1), kMagic, kHashOfHello, 1);
  claims.add(blob(7, 2), kMagic, kHashOfHello, 2);
  claims.add(blob(8), kMagic, kHashOfHello, 3);
  claims.sort();
  claims.check(blob(7, 1), as_bytes(kHello));
  claims.check(blob(9), as_bytes(kHello));
  CHECK(claims.unsettled_owners() == Owners{2, 3});
}

TEST_CASE("several files compiled from one source are settled each for itself") {
  const PycFiles derived;
  SourceClaims claims(derived);
  claims.add(blob(1), kMagic, kHashOfHello, 1);
  claims.add(blob(1), kMagic, kHashOfNothing, 2);
  claims.add(blob(1), kMagic, kHashOfHello, 3);
  claims.add(blob(1), kMagic + 1, kHashOfHello, 4);
  claims.sort();
  claims.check(blob(1), as_bytes(kHello));
  CHECK(claims.unsettled_owners() == Owners{2, 4});
}

TEST_CASE("an owner of a right and a wrong claim is unsettled") {
  const PycFiles derived;
  SourceClaims claims(derived);
  claims.add(blob(1), kMagic, kHashOfHello, 1);
  claims.add(blob(2), kMagic, kHashOfHello, 1);
  claims.sort();
  claims.check(blob(1), as_bytes(kHello));
  CHECK(claims.unsettled_owners() == Owners{1});
  claims.check(blob(2), as_bytes(kHello));
  CHECK(claims.unsettled_owners().empty());
}
