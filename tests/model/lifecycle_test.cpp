#include <doctest/doctest.h>

#include <string>

#include "protocol.h"

using namespace envstore::model;

namespace {

constexpr Wishes kSameSnapshot = {{0, 0}}, kSharedBlob = {{0, 1}},
                 kSharedBlobWithoutPower = {{0, 1}, Disasters::kills};

std::string told(const Verdict& verdict) {
  std::string text = verdict.fault + "\n";
  for (const std::string& step : verdict.trace) text += "  " + step + "\n";
  return text;
}

}  // namespace

TEST_CASE(
    "two runs of one snapshot, a collector, deaths and power cuts: nothing in use goes, all else does") {
  const Verdict verdict = check(kSameSnapshot, Mutant::none);
  INFO(told(verdict));
  CHECK(verdict.is_accepted);
  CHECK(verdict.states > 10'000);
  MESSAGE(verdict.states << " states");
}

TEST_CASE("two snapshots that share a blob, a collector, and deaths: nothing in use goes, all else does") {
  const Verdict verdict = check(kSharedBlobWithoutPower, Mutant::none);
  INFO(told(verdict));
  CHECK(verdict.is_accepted);
  CHECK(verdict.states > 10'000);
  MESSAGE(verdict.states << " states");
}

TEST_CASE("each of the protocol's rules is needed: without it something goes wrong") {
  for (const Mutant mutant : mutants()) {
    const bool needs_two_trees = mutant == Mutant::blob_rows_rewritten;
    const Verdict verdict = check(needs_two_trees ? kSharedBlob : kSameSnapshot, mutant);
    CHECK_MESSAGE(!verdict.is_accepted, std::string(name_of(mutant)));
    MESSAGE(std::string(name_of(mutant))
            << ": " << verdict.fault << ", after " << verdict.trace.size() << " steps");
  }
}
