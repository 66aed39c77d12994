#include "oracle.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include "generators.h"
#include "pypackaging/specifier.h"

using pypackaging::Specifier;
using pypackaging::SpecifierSet;
using pypackaging::Version;

namespace {

std::string random_operator() {
  return *rc::gen::element<std::string>("~=", "==", "!=", "<=", ">=", "<", ">");
}

/// An operator and a version that form a valid clause.
std::pair<std::string, std::string> random_clause() {
  const std::string op = random_operator();
  if (op == "==" || op == "!=") {
    if (*rc::gen::inRange(0, 3) == 0) return {op, generators::release_text() + ".*"};
    return {op, *generators::version_text()};
  }
  std::string text = generators::public_text();
  if (op == "~=" && oracle::parse(text).release.size() < 2) text = "1." + text.substr(text.find('!') + 1);
  return {op, text};
}

/// Often a version close to that of the clause, to exercise the exclusion rules.
std::string random_candidate(const std::string& text) {
  if (text.ends_with("*") || *rc::gen::inRange(0, 2) == 0) return *generators::version_text();
  const Version wanted = Version::parse(text).value();
  const std::string stem = *rc::gen::element(wanted.base_version(), wanted.public_version());
  const std::string candidate =
      stem + *rc::gen::element<std::string>("", ".0", "a0", ".post1", ".post0", ".dev0", ".post1.dev1",
                                            "a1.post1", "+a");
  return Version::parse(candidate) ? candidate : stem;
}

}  // namespace

TEST_CASE("versions are ordered as a slow reading of the specification orders them") {
  CHECK(rc::check("order", [] {
    const std::string a = *generators::version_text();
    const std::string b = *generators::version_text();
    const auto order = Version::parse(a).value() <=> Version::parse(b).value();
    RC_ASSERT((order < 0 ? -1 : order > 0 ? 1 : 0) == oracle::order(oracle::parse(a), oracle::parse(b)));
  }));
}

TEST_CASE("clauses match as a slow reading of the specification matches them") {
  CHECK(rc::check("matches", [] {
    const auto [op, text] = random_clause();
    const std::string candidate = random_candidate(text);
    const auto specifier = Specifier::parse(op + text);
    RC_LOG(op + text + " against " + candidate);
    RC_ASSERT(specifier.has_value());
    RC_ASSERT(specifier->matches(Version::parse(candidate).value()) == oracle::matches(op, text, candidate));
  }));
}

TEST_CASE("a canonical specifier set is the same set") {
  CHECK(rc::check("canonical", [] {
    std::string text;
    const int count = *rc::gen::inRange(0, 4);
    for (int i = 0; i < count; ++i) {
      const auto [op, version] = random_clause();
      text += (i > 0 ? " , " : "") + op + " " + version;
    }
    const SpecifierSet set = SpecifierSet::parse(text).value();
    const SpecifierSet again = SpecifierSet::parse(set.canonical()).value();
    RC_ASSERT(again.canonical() == set.canonical());
    RC_ASSERT(again == set);
    const Version candidate = Version::parse(*generators::version_text()).value();
    RC_ASSERT(again.matches(candidate) == set.matches(candidate));
    RC_ASSERT(again.mentions_prerelease() == set.mentions_prerelease());
  }));
}

TEST_CASE("what is accepted as a version is what the specification's pattern accepts") {
  CHECK(rc::check("acceptance", [] {
    const auto piece = rc::gen::element<std::string>("1", "0", "12", ".", "-", "_", "!", "+", "a", "rc",
                                                     "post", "r", "dev", "v", " ", "x", "b", "*", "pre");
    std::string text;
    const int count = *rc::gen::inRange(1, 9);
    for (int i = 0; i < count; ++i) text += *piece;
    bool accepted = true;
    try {
      oracle::parse(text);
    } catch (const std::invalid_argument&) {
      accepted = false;
    }
    RC_LOG("'" + text + "'");
    RC_ASSERT(Version::parse(text).has_value() == accepted);
  }));
}
