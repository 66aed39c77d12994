#include "zip/tail.h"

#include <doctest/doctest.h>

#include "zip_builder.h"

using namespace zip;
using namespace zip::test;

namespace {

Part file(const std::string& name, const std::string& content = "content") {
  return {.name = name, .content = content};
}

}  // namespace

TEST_CASE("a tail reports which bytes it needs, then finds the members") {
  const std::string whole =
      zip_of({{.name = "pad", .content = std::string(5000, 'p')},
              {.name = "p.dist-info/METADATA", .content = "Name: p\n", .deflate = true}});
  std::uint64_t from = whole.size() - 30;
  std::uint64_t needs_from = 0;
  std::optional<std::vector<Member>> found;
  for (int round = 0; round < 4 && !found; ++round) {
    found = read_tail(bytes_of(whole).subspan(from), from, whole.size(), needs_from);
    if (!found) {
      CHECK(needs_from < from);
      from = needs_from;
    }
  }
  REQUIRE(found);
  CHECK(from > 5000);
  const Member& member = found->at(1);
  CHECK(member.name == "p.dist-info/METADATA");
  std::uint64_t needs_size = 0;
  const auto rest = bytes_of(whole).subspan(member.data_offset);
  CHECK_FALSE(read_member(rest.first(10), member, needs_size));
  CHECK(needs_size == member_reach(member));
  CHECK_FALSE(read_member(rest.first(40), member, needs_size));
  CHECK(read_member(rest.first(needs_size), member, needs_size) == "Name: p\n");
  CHECK(read_member(rest, member, needs_size) == "Name: p\n");
}

TEST_CASE("every start of a tail is answered with a need or with the same members") {
  for (const bool zip64 : {false, true}) {
    const std::string whole = zip_of({file("a"), file("b")}, {.zip64_end = zip64});
    for (std::uint64_t from = 0; from <= whole.size(); ++from) {
      std::uint64_t needs_from = 0;
      const auto found = read_tail(bytes_of(whole).subspan(from), from, whole.size(), needs_from);
      if (found)
        CHECK(found->size() == 2);
      else
        CHECK(needs_from < from);
    }
  }
}
