#include "pypackaging/specifier.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using pypackaging::Operator;
using pypackaging::Prereleases;
using pypackaging::Specifier;
using pypackaging::SpecifierSet;
using pypackaging::Version;

namespace {

struct Row {
  std::string clause, version;
  bool matches;
};

void check(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    CAPTURE(row.clause);
    CAPTURE(row.version);
    CHECK(Specifier::parse(row.clause).value().matches(Version::parse(row.version).value()) == row.matches);
  }
}

SpecifierSet set(std::string_view text) {
  return SpecifierSet::parse(text).value();
}

using Texts = std::vector<std::string>;

Texts filtered(std::string_view specifier, const Texts& versions,
               Prereleases prereleases = Prereleases::by_default) {
  Texts kept;
  for (const std::size_t index : set(specifier).filter(versions, prereleases))
    kept.push_back(versions[index]);
  return kept;
}

}  // namespace

TEST_CASE("== compares with zero padding and nothing else") {
  check({{"==1.1", "1.1", true},
         {"==1.1.0", "1.1", true},
         {"==1.1", "1.1.0.0.0", true},
         {"==1.1", "1.1.post1", false},
         {"==1.1.dev1", "1.1", false},
         {"==1.1a1", "1.1", false},
         {"==1.1.post1", "1.1.post1", true},
         {"==1.1", "1!1.1", false},
         {"==0!1.1", "1.1", true}});
}

TEST_CASE("== with a prefix ignores what follows the prefix") {
  check({{"==1.1.*", "1.1", true},
         {"==1.1.*", "1.1.post1", true},
         {"==1.1.*", "1.1a1", true},
         {"==1.1.*", "1.1.dev1", true},
         {"==1.1.*", "1.1.9+l", true},
         {"==1.1.*", "1.10", false},
         {"==1.1.*", "1", false},
         {"==1.0.*", "1", true},
         {"==1.0.*", "1a1", true},
         {"==1.*", "2.dev1", false},
         {"==1!1.*", "1.0", false},
         {"==1!1.*", "1!1.5", true}});
}

TEST_CASE("!= is the opposite of ==") {
  check({{"!=1.1", "1.1.post1", true},
         {"!=1.1.post1", "1.1.post1", false},
         {"!=1.1.*", "1.1.post1", false},
         {"!=1.1", "1.1+l", false},
         {"!=1.1+l", "1.1", true},
         {"!=1.1.*", "1.2", true}});
}

TEST_CASE("local parts of candidates count only when the clause has one") {
  check({{"==1.0", "1.0+l", true},
         {"==1.0+l", "1.0+l", true},
         {"==1.0+l", "1.0", false},
         {"==1.0+L.01", "1+l-1", true},
         {"==1.0+l", "1.0+l.1", false},
         {"<=1.0", "1.0+l", true},
         {">=1.0", "1.0+l", true},
         {"<1.0", "1.0+l", false},
         {">1.0", "1.0+l", false},
         {"~=1.0", "1.0+l", true},
         {"<=1.0", "1.0.post1+l", false}});
}

TEST_CASE("> excludes post releases and local versions of the version that it names") {
  check({{">1.7", "1.7.1", true},
         {">1.7", "1.7.0.post1", false},
         {">1.7.post2", "1.7.1", true},
         {">1.7.post2", "1.7.0.post3", true},
         {">1.7.post2", "1.7.0", false},
         {">1.7", "1.7.post1.dev1", false},
         {">1.7.post1", "1.7.post1+l", false},
         {">1.7.post1", "1.7.post2+l", true},
         {">1.7a1", "1.7a1.post1", false},
         {">1.7a1", "1.7a2", true},
         {">1.7a1", "1.7.post1", true},
         {">1.7.dev1", "1.7.post1", true},
         {">1.7a1", "1.7+l", true},
         {">1.7", "1.8.dev1", true}});
}

TEST_CASE("< excludes prereleases of the version that it names unless that is one") {
  check({{"<1.7", "1.7a1", false},
         {"<1.7", "1.7.dev1", false},
         {"<1.7", "1.6.post1", true},
         {"<1.7rc1", "1.7a1", true},
         {"<1.7rc1", "1.7rc1.dev1", true},
         {"<1.7", "1.7a1.post1", false},
         {"<1.7", "1.6.9a1", true},
         {"<1.7.post1", "1.7.post1.dev1", false},
         {"<1.7.post1", "1.7a1", true},
         {"<1.7.post1", "1.7", true},
         {"<1.7.0", "1.7rc1", false}});
}

TEST_CASE("<= and >= follow the order") {
  check({{"<=1.7", "1.7", true},
         {"<=1.7", "1.7rc1", true},
         {"<=1.7", "1.7.post1", false},
         {">=1.7", "1.7", true},
         {">=1.7", "1.7rc1", false},
         {">=1.7", "1.7.post1", true},
         {">=1!0", "9999", false}});
}

TEST_CASE("~= allows what has the same numbers but the last") {
  check({{"~=2.2", "2.2", true},
         {"~=2.2", "2.9", true},
         {"~=2.2", "3.0", false},
         {"~=2.2", "2.1", false},
         {"~=1.4.5", "1.4.9", true},
         {"~=1.4.5", "1.5", false},
         {"~=2.2.post3", "2.3", true},
         {"~=2.2.post3", "2.2", false},
         {"~=1.4.5a4", "1.4.5a3", false},
         {"~=1.4.5a4", "1.4.5", true},
         {"~=1.4.5a4", "1.5.0", false},
         {"~=2.2.0", "2.3", false},
         {"~=1!2.2", "2.3", false},
         {"~=3.1a1", "3.9", true},
         {"~=2.2", "3.dev1", false}});
}

TEST_CASE("=== compares texts, whatever their case") {
  CHECK(Specifier::parse("===foobar").value().matches_text("FooBar"));
  CHECK(!Specifier::parse("===foobar").value().matches_text("foobar1"));
  CHECK(Specifier::parse("===1.0").value().matches_text("1.0"));
  CHECK(!Specifier::parse("===1.0").value().matches_text("1.0.0"));
  CHECK(!Specifier::parse("===1.0").value().matches_text("1.0+downstream1"));
  CHECK(Specifier::parse("===1.0").value().matches(Version::parse("1.0").value()));
  CHECK(!Specifier::parse("===1.0").value().matches(Version::parse("1.0.0").value()));
}

TEST_CASE("clauses have a canonical form") {
  CHECK(Specifier::parse("  >=  1.0RC1 ").value().canonical() == ">=1.0rc1");
  CHECK(Specifier::parse("== v1.0.*").value().canonical() == "==1.0.*");
  CHECK(Specifier::parse("=== Foo-Bar").value().canonical() == "===Foo-Bar");
  CHECK(set(" <2 ,>= 1.0, <2,!=1.5 ").canonical() == "!=1.5,<2,>=1.0");
  CHECK(set("").canonical() == "");
  CHECK(Specifier::make(Operator::compatible, " 1.2 ").value().canonical() == "~=1.2");
}

TEST_CASE("what is no specifier is refused where it goes wrong") {
  const std::vector<std::pair<std::string, std::size_t>> kRefused = {
      {"1.0", 0},       {"=1.0", 0},       {">=", 2},           {">= ", 2},
      {"~=1", 2},       {"==1.0a1.*", 2},  {"==1.0.dev1.*", 2}, {"==1.0.post1.*", 2},
      {"==1.0+l.*", 2}, {">=1.*", 2},      {"<1.0+l", 1},       {"~=1.0+l", 2},
      {">=1.0 <2", 5},  {">=1.0, foo", 7}, {">=1.x", 3},        {"===", 3},
      {"===a b", 4},    {"==*", 2},        {">=1.0;", 5},       {"<>1.0", 1},
      {"=>1.0", 0},     {"==1..*", 3},     {"==1.*.*", 3},      {"===a;b", 4},
  };
  for (const auto& row : kRefused) {
    const std::string& text = row.first;
    CAPTURE(text);
    const auto parsed = SpecifierSet::parse(text);
    REQUIRE(!parsed);
    CHECK(parsed.error().position == row.second);
  }
}

TEST_CASE("every clause of a set must match") {
  CHECK(set(">=1,<2").matches(Version::parse("1.5").value()));
  CHECK(!set(">=1,<2").matches(Version::parse("2").value()));
  CHECK(set("").matches(Version::parse("0a1").value()));
  CHECK(set(",, ").empty());
  CHECK(set(">=1").intersect(set("<2,>=1")).canonical() == "<2,>=1");
  CHECK(set(">=1,<2") == set("<2, >=1"));
}

TEST_CASE("a clause mentions a prerelease unless it only excludes one") {
  for (const char* text : {">=1a1", "<2.dev0", "==1rc1", "~=1.0b1", "===1.0.dev1", "<=1a1"}) {
    CAPTURE(text);
    CHECK(set(text).mentions_prerelease());
  }
  for (const char* text : {">=1", "!=1a1", "==1.*", "===foo", "==1.post1", ""}) {
    CAPTURE(text);
    CHECK(!set(text).mentions_prerelease());
  }
}

TEST_CASE("filter drops prereleases when a final release is left") {
  CHECK(filtered(">=1.0", {"1.1a1", "1.2"}) == Texts{"1.2"});
  CHECK(filtered("", {"1.0a1", "2", "3.dev1"}) == Texts{"2"});
  CHECK(filtered("!=1.0a1", {"1.1a1", "1.0"}) == Texts{"1.0"});
}

TEST_CASE("filter falls back to prereleases when no final release matches") {
  CHECK(filtered(">=1.0", {"1.1a1", "1.2.dev0"}) == Texts{"1.1a1", "1.2.dev0"});
  CHECK(filtered(">=1.0", {"1.1a1", "0.9"}) == Texts{"1.1a1"});
  CHECK(filtered("<1.0", {"1.0a1"}) == Texts{});
}

TEST_CASE("filter keeps prereleases when a clause mentions one") {
  CHECK(filtered(">=1.0a1", {"1.0a1", "1.0"}) == Texts{"1.0a1", "1.0"});
  CHECK(filtered(">=1,<2.dev1", {"2a0", "1.5b1", "1"}) == Texts{"1.5b1", "1"});
}

TEST_CASE("filter includes prereleases as its argument specifies") {
  CHECK(filtered(">=1.0", {"1.1a1", "1.2"}, Prereleases::allow) == Texts{"1.1a1", "1.2"});
  CHECK(filtered(">=1.0a1", {"1.0a1", "1.0"}, Prereleases::exclude) == Texts{"1.0"});
  CHECK(filtered(">=1.0", {"1.1a1"}, Prereleases::exclude) == Texts{});
}

TEST_CASE("filter keeps the order given, repeats and spellings") {
  CHECK(filtered(">=1", {"2", "v1.0", "2", "0", "1.00"}) == Texts{"2", "v1.0", "2", "1.00"});
}

TEST_CASE("a text that is no version passes the empty set and === only") {
  CHECK(filtered("", {"foo", "1.0"}) == Texts{"foo", "1.0"});
  CHECK(filtered("===FOO", {"foo", "1.0"}) == Texts{"foo"});
  CHECK(filtered(">=0", {"foo", "1.0"}) == Texts{"1.0"});
  CHECK(filtered("", {"foo", "1.0a1"}) == Texts{"foo", "1.0a1"});
  CHECK(!set("!=1.0").contains_text("foo"));
}

TEST_CASE("contains answers as filter does of one version alone") {
  CHECK(set(">=1").contains(Version::parse("1.1a1").value()));
  CHECK(!set(">=1").contains(Version::parse("1.1a1").value(), Prereleases::exclude));
  CHECK(set(">=1").contains(Version::parse("1.1a1").value(), Prereleases::allow));
  CHECK(!set(">=1").contains_text("0.9"));
  CHECK(set("===1.0-a1").contains_text("1.0-a1"));
  CHECK(!set("===1.0a1").contains_text("1.0-a1"));
}
