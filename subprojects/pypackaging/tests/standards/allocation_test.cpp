#include <doctest/doctest.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <vector>

#include "pypackaging/specifier.h"
#include "pypackaging/version.h"

namespace {

std::atomic<std::size_t> allocations{0};

template <class Work>
std::size_t allocations_of(Work work) {
  const std::size_t before = allocations;
  work();
  return allocations - before;
}

}  // namespace

void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

using pypackaging::SpecifierSet;
using pypackaging::Version;

TEST_CASE("the counter of this file counts") {
  // Called by name: a new-expression may be optimised away.
  CHECK(allocations_of([] { ::operator delete(::operator new(1)); }) == 1);
}

TEST_CASE("parsing and copying an ordinary version allocates nothing") {
  CHECK(allocations_of([] {
          for (const char* text : {"1.2.3", "2024.1.15rc1", "1!1.2.3.4a1.post2.dev3", "v1.0-alpha"}) {
            const Version version = Version::parse(text).value();
            const Version copy = version;
            (void)copy;
          }
        }) == 0);
}

TEST_CASE("comparing, hashing and matching versions allocates nothing") {
  std::vector<Version> versions;
  for (const char* text : {"1.2.3", "2024.1.15rc1", "1!1.2.3.4a1.post2.dev3", "1.0", "1.0+cu118",
                           "1.2.3.4.5.6.7", "1.99999999999999999999999"})
    versions.push_back(Version::parse(text).value());
  const SpecifierSet set = SpecifierSet::parse(">=1,<3,!=1.2.*,~=1.0,==1.*,>0.1,<=9,==1.0+cu118").value();
  std::size_t hashes = 0;
  CHECK(allocations_of([&] {
          for (const Version& a : versions) {
            for (const Version& b : versions) hashes += (a < b) + (a == b);
            hashes += a.hash() + set.matches(a) + set.contains(a);
          }
        }) == 0);
}
