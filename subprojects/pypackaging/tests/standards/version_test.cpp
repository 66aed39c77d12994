#include "pypackaging/version.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <compare>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "generators.h"

using pypackaging::PreKind;
using pypackaging::Version;

namespace {

Version version(std::string_view text) {
  return Version::parse(text).value();
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("every spelling that the specification accepts has its normal form") {
  const std::vector<std::pair<std::string, std::string>> kSpellings = {
      {"1.0", "1.0"},
      {" \t\n\v\f\r1.0 \n", "1.0"},
      {"v1.0", "1.0"},
      {"V1", "1"},
      {"01.002.0", "1.2.0"},
      {"0!1", "1"},
      {"002!1", "2!1"},
      {"1.1RC1", "1.1rc1"},
      {"1.1.a1", "1.1a1"},
      {"1.1-a1", "1.1a1"},
      {"1.1_a_1", "1.1a1"},
      {"1.0a.1", "1.0a1"},
      {"1.1alpha1", "1.1a1"},
      {"1.1beta2", "1.1b2"},
      {"1.1c3", "1.1rc3"},
      {"1.1pre4", "1.1rc4"},
      {"1.1preview5", "1.1rc5"},
      {"1.2a", "1.2a0"},
      {"1.2-post2", "1.2.post2"},
      {"1.2post2", "1.2.post2"},
      {"1.2.post-2", "1.2.post2"},
      {"1.0-r4", "1.0.post4"},
      {"1.0rev5", "1.0.post5"},
      {"1.2.post", "1.2.post0"},
      {"1.0-1", "1.0.post1"},
      {"1.2-dev2", "1.2.dev2"},
      {"1.2dev", "1.2.dev0"},
      {"1.0a-1", "1.0a1"},
      {"1.0a--1", "1.0a0.post1"},
      {"1.0rc.post.dev", "1.0rc0.post0.dev0"},
      {"1.0+ubuntu-1", "1.0+ubuntu.1"},
      {"1.0+Ubuntu_01.x", "1.0+ubuntu.1.x"},
      {"1.0+00", "1.0+0"},
      {"1!2.3rc4.post5.dev6+l", "1!2.3rc4.post5.dev6+l"},
      {"2012.15", "2012.15"},
  };
  for (const auto& row : kSpellings) {
    const std::string& text = row.first;
    CAPTURE(text);
    const auto parsed = Version::parse(text);
    REQUIRE(parsed);
    CHECK(parsed->canonical() == row.second);
  }
}

TEST_CASE("a text that is no version is refused where it stops being one") {
  const std::vector<std::pair<std::string, std::size_t>> kRefused = {
      {"", 0},           {" ", 1},           {"a", 0},
      {"v", 1},          {"vv1", 1},         {"v 1", 1},
      {"1.", 1},         {"1..2", 1},        {"1.0-", 3},
      {"1.0 2", 4},      {"1!", 2},          {"1!!2", 2},
      {"!1", 0},         {"1!2!3", 3},       {"1.0+", 4},
      {"1.0+a.", 6},     {"1.0+a..b", 6},    {"1.0+\xC3\xA9", 4},
      {"1.0x", 3},       {"-1", 0},          {"1.0.dev1.post1", 8},
      {"1.0a1b1", 5},    {"1.0-post1-1", 9}, {"1.0+a+b", 5},
      {"\xD9\xA1.0", 0}, {"1,0", 1},         {"1.0*", 3},
      {"1.*", 1},
  };
  for (const auto& row : kRefused) {
    const std::string& text = row.first;
    CAPTURE(text);
    const auto parsed = Version::parse(text);
    REQUIRE(!parsed);
    CHECK(parsed.error().position == row.second);
  }
}

TEST_CASE("a text with a null character is refused, not cut off") {
  CHECK(!Version::parse(std::string_view("1.0\0", 4)));
  CHECK(!Version::parse(std::string_view("\0", 1)));
}

TEST_CASE("the parts of a version can be read") {
  const Version full = version("3!1.2.0rc4.post5.dev6+Cu-118");
  CHECK(full.epoch() == 3);
  CHECK(full.release() == std::vector<std::uint64_t>{1, 2, 0});
  CHECK(full.pre() == std::pair{PreKind::candidate, std::uint64_t{4}});
  CHECK(full.post() == 5);
  CHECK(full.dev() == 6);
  CHECK(full.local() == "cu.118");
  CHECK(full.public_version() == "3!1.2.0rc4.post5.dev6");
  CHECK(full.base_version() == "3!1.2.0");
  CHECK(full.release_size() == 3);

  const Version plain = version("7");
  CHECK(plain.epoch() == 0);
  CHECK(plain.release() == std::vector<std::uint64_t>{7});
  CHECK(!plain.pre());
  CHECK(!plain.post());
  CHECK(!plain.dev());
  CHECK(!plain.local());
}

TEST_CASE("pre- and development releases are prereleases, post releases are not") {
  for (const char* text : {"1a1", "1b1", "1rc1", "1.dev0", "1.post1.dev2", "1a1.post1"}) {
    CAPTURE(text);
    CHECK(version(text).is_prerelease());
  }
  for (const char* text : {"1", "1.post1", "1+local", "1!0"}) {
    CAPTURE(text);
    CHECK(!version(text).is_prerelease());
  }
  CHECK(version("1.post1").is_postrelease());
  CHECK(version("1.dev1").is_devrelease());
  CHECK(!version("1a1").is_devrelease());
  CHECK(version("1+a").has_local());
}

TEST_CASE("versions are ordered as the specification's examples are") {
  const Texts kAscending = {
      "1.dev0",
      "1.0.dev456",
      "1.0a1",
      "1.0a2.dev456",
      "1.0a12.dev456",
      "1.0a12",
      "1.0b1.dev456",
      "1.0b2",
      "1.0b2.post345.dev456",
      "1.0b2.post345",
      "1.0rc1.dev456",
      "1.0rc1",
      "1.0",
      "1.0+abc.5",
      "1.0+abc.7",
      "1.0+5",
      "1.0.post456.dev34",
      "1.0.post456",
      "1.0.15",
      "1.1.dev1",
      "1.10",
      "2012.2",
      "2012.15",
      "1!0.1.dev1",
      "1!0.1",
      "2!0",
  };
  for (std::size_t i = 0; i < kAscending.size(); ++i)
    for (std::size_t j = 0; j < kAscending.size(); ++j) {
      CAPTURE(kAscending[i]);
      CAPTURE(kAscending[j]);
      CHECK((version(kAscending[i]) <=> version(kAscending[j])) == (i <=> j));
    }
}

TEST_CASE("local parts are ordered number by number and word by word") {
  // `1a` is a word, because it is not all digits. Words are ordered by their characters, numbers come after
  // words.
  const Texts kInOrder = {"1",   "1+1a", "1+a", "1+a.a", "1+a.1", "1+a.1.0",
                          "1+b", "1+0",  "1+2", "1+10",  "1+10.a"};
  for (std::size_t i = 0; i + 1 < kInOrder.size(); ++i) {
    CAPTURE(kInOrder[i]);
    CHECK(version(kInOrder[i]) < version(kInOrder[i + 1]));
  }
}

TEST_CASE("spellings of one version are equal and have equal hashes") {
  const std::vector<std::pair<std::string, std::string>> kEqual = {
      {"1", "1.0.0"},
      {"1.0", "1.0.0.0.0.0.0"},
      {"1c1", "1.0rc1"},
      {"1+ubuntu.1", "1.0+UBUNTU-01"},
      {"0!1", "1"},
      {"1-1", "1.post1"},
      {"1.2.3.4.0.0", "1.2.3.4"},
      {"0", "0.0.0.0.0"},
      {"00000000000000000000000001", "1"},
  };
  for (const auto& row : kEqual) {
    CAPTURE(row.first);
    CHECK(version(row.first) == version(row.second));
    CHECK(version(row.first).hash() == version(row.second).hash());
  }
  CHECK(version("1a0") != version("1a0.dev0"));
  CHECK(version("1.dev0") != version("1"));
  CHECK(version("1.post0") != version("1"));
}

TEST_CASE("numbers of any length are ordered as numbers") {
  const Texts kAscending = {"18446744073709551614", "18446744073709551615",  "18446744073709551616",
                            "99999999999999999999", "100000000000000000000", "100000000000000000001"};
  for (const char* shape : {"#", "#!1", "1.2.3.4.5.#", "1a#", "1.post#", "1.dev#", "1+#", "1.#.0"}) {
    CAPTURE(shape);
    const auto make = [&](const std::string& number) {
      std::string text = shape;
      return version(text.replace(text.find('#'), 1, number));
    };
    for (std::size_t i = 0; i + 1 < kAscending.size(); ++i) {
      CHECK(make(kAscending[i]) < make(kAscending[i + 1]));
      CHECK(make(kAscending[i]) == make("000" + kAscending[i]));
      CHECK(make(kAscending[i]).hash() == make("000" + kAscending[i]).hash());
    }
  }
}

TEST_CASE("long numbers are printed in full and read saturated") {
  const Version long_one = version("1.100000000000000000000.dev200000000000000000000");
  CHECK(long_one.canonical() == "1.100000000000000000000.dev200000000000000000000");
  CHECK(long_one.release() == std::vector<std::uint64_t>{1, UINT64_MAX});
  CHECK(long_one.dev() == UINT64_MAX);
}

TEST_CASE("a release of a hundred thousand numbers is a version") {
  std::string text = "1";
  for (int i = 0; i < 100000; ++i) text += ".99999999999999999999";
  const Version many = version(text);
  CHECK(many.release_size() == 100001);
  CHECK(many == version(text + ".0"));
  CHECK(many < version(text + ".1"));
  CHECK(many.canonical() == text);
}

TEST_CASE("comparing without local parts ignores only them") {
  CHECK(std::is_eq(version("1.0+a").compare_public(version("1+b"))));
  CHECK(std::is_eq(version("1.0+a").compare_public(version("1.0"))));
  CHECK(std::is_lt(version("1.0+a").compare_public(version("1.0.post1"))));
}

TEST_CASE("releases are compared by their first numbers, zeros added") {
  CHECK(version("1.2.3").has_release_prefix(version("1.2"), 2));
  CHECK(version("1").has_release_prefix(version("1.0"), 2));
  CHECK(version("1.2a1").has_release_prefix(version("1.2"), 2));
  CHECK(!version("1.20").has_release_prefix(version("1.2"), 2));
  CHECK(!version("1!1.2").has_release_prefix(version("1.2"), 2));
  CHECK(version("1.0a1").has_same_base(version("1+x")));
  CHECK(!version("1.0.1").has_same_base(version("1")));
}

TEST_CASE("a moved-from version can be assigned to and compared") {
  Version source = version("1.2.3.4.5.6+local");
  Version target = std::move(source);
  CHECK(target.canonical() == "1.2.3.4.5.6+local");
  CHECK(source.canonical() != "");  // NOLINT: a moved-from object must still be a version
  source = version("2");
  CHECK(source > target);
}

TEST_CASE("printing and parsing is the identity") {
  CHECK(rc::check("parse(canonical) == version", [] {
    const Version one = version(*generators::version_text());
    const Version again = version(one.canonical());
    RC_ASSERT(again == one);
    RC_ASSERT(again.canonical() == one.canonical());
    RC_ASSERT(again.release() == one.release());
    RC_ASSERT(again.hash() == one.hash());
  }));
}

TEST_CASE("versions are totally ordered") {
  CHECK(rc::check("order is antisymmetric, transitive and in line with equality and hash", [] {
    const Version a = version(*generators::version_text());
    const Version b = version(*generators::version_text());
    const Version c = version(*generators::version_text());
    RC_ASSERT((a < b) + (a == b) + (a > b) == 1);
    RC_ASSERT(((a <=> b) == 0) == ((b <=> a) == 0));
    RC_ASSERT((a < b) == (b > a));
    if (a <= b && b <= c) RC_ASSERT(a <= c);
    if (a == b) RC_ASSERT(a.hash() == b.hash());
    RC_ASSERT((a.compare_public(b) == 0) == (version(a.public_version()) == version(b.public_version())));
  }));
}

TEST_CASE("every beginning of a version is read or refused within its bounds") {
  const std::string text = " v12!1.22.3.4.5-alpha.18446744073709551616_post-7.DEV_8+ab-1 ";
  for (std::size_t length = 0; length <= text.size(); ++length) {
    const std::string beginning =
        text.substr(0, length);  // its own allocation, so that a sanitizer sees an overrun
    const auto parsed = Version::parse(std::string_view(beginning.data(), beginning.size()));
    if (!parsed) CHECK(parsed.error().position <= length);
  }
}
