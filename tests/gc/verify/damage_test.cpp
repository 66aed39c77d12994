#include <doctest/doctest.h>

#include <set>

#include "gc/verify/verify.h"

using namespace envstore;

TEST_CASE("every kind of damage has a name of its own, as it stands in JSON") {
  std::set<std::string> names;
  for (int kind = 0; kind <= static_cast<int>(Damage::damaged_row); ++kind) {
    const std::string name = name_of(static_cast<Damage>(kind));
    CHECK(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz-") == std::string::npos);
    names.insert(name);
  }
  CHECK(names.size() == 8);
  CHECK_FALSE(names.contains("unknown"));
}

TEST_CASE("a report is clean if all that was found is repaired") {
  using Outcome = DamageFound::Outcome;
  VerifyReport report;
  CHECK(report.is_clean());
  report.found.resize(2);
  report.found[0].outcome = Outcome::repaired;
  for (const Outcome outcome : {Outcome::left, Outcome::set_aside}) {
    report.found[1].outcome = outcome;
    CHECK_FALSE(report.is_clean());
  }
  report.found[1].outcome = Outcome::repaired;
  CHECK(report.is_clean());
}
