#pragma once
#include <chrono>
#include <initializer_list>
#include <map>
#include <string>
#include <vector>

#include "gc/census/census.h"
#include "gc/collect/plan.h"
#include "tests/store/builders.h"

namespace envstore::testing {

using namespace std::chrono_literals;

inline constexpr std::chrono::nanoseconds kDay = 24h;
inline constexpr std::int64_t kNow_ns = 2'000'000'000'000'000'000;
inline constexpr std::uint64_t kMB = 1'000'000;

/// Builds a census: a_census().tree("numpy", 10).snapshot("s", {"numpy"}).used(3 * kDay). Sizes in MB, ages
/// relative to now. Calls that follow snapshot() apply to that snapshot.
class CensusBuilder {
 public:
  CensusBuilder() {
    census_.now_ns = kNow_ns;
    census_.filesystem_bytes = 1000 * kMB;
    census_.free_bytes = 100 * kMB;
  }

  CensusBuilder& tree(const std::string& name, std::uint64_t megabytes,
                      std::chrono::nanoseconds age = 100 * kDay) {
    trees_[name] = static_cast<std::uint32_t>(census_.trees.size());
    census_.trees.push_back(
        {.id = a_tree(name), .name = name, .version = "1.0", .made_at_ns = kNow_ns - age.count()});
    return shared({name}, megabytes);
  }
  /// Bytes of blobs that exactly these trees have.
  CensusBuilder& shared(std::initializer_list<std::string> trees, std::uint64_t megabytes) {
    BlobGroup group;
    for (const std::string& tree : trees) group.trees.push_back(trees_.at(tree));
    group.bytes = megabytes * kMB;
    group.blobs = megabytes;
    census_.groups.push_back(std::move(group));
    return *this;
  }
  /// Made and used 50 days ago, unless set otherwise.
  CensusBuilder& snapshot(const std::string& name, std::initializer_list<std::string> trees) {
    CountedSnapshot& snapshot = census_.snapshots.emplace_back();
    snapshot.id = a_snapshot(name);
    names_.push_back(name);
    for (const std::string& tree : trees) snapshot.trees.push_back(trees_.at(tree));
    return made(50 * kDay);
  }
  CensusBuilder& made(std::chrono::nanoseconds age) {
    return last().made_at_ns = kNow_ns - age.count(), *this;
  }
  CensusBuilder& used(std::chrono::nanoseconds age) {
    return last().last_use_ns = kNow_ns - age.count(), *this;
  }
  CensusBuilder& leased(const std::string& by = "process 7, running x.py") {
    return last().leased_by.push_back(by), *this;
  }
  CensusBuilder& rooted(const std::string& by = "pin") { return last().held_by.push_back(by), *this; }
  CensusBuilder& fate(Fate fate) {
    return last().fate = FateRow{.fate = fate, .epoch = 1, .since_ns = kNow_ns}, *this;
  }
  /// Overhead of the last tree; of the last snapshot; of the index.
  CensusBuilder& folders(std::uint64_t megabytes) {
    return census_.trees.back().overhead_bytes = megabytes * kMB, *this;
  }
  CensusBuilder& layouts(std::uint64_t megabytes) { return last().overhead_bytes = megabytes * kMB, *this; }
  CensusBuilder& index(std::uint64_t megabytes) { return census_.index_bytes = megabytes * kMB, *this; }
  CensusBuilder& free(std::uint64_t megabytes) { return census_.free_bytes = megabytes * kMB, *this; }
  CensusBuilder& clock_went_back() { return census_.clock_went_back = true, *this; }
  CensusBuilder& with_ingest() { return census_.oldest_ingest_ns = kNow_ns, *this; }

  const Census& census() const { return census_; }
  std::uint32_t position(const std::string& name) const {
    for (std::uint32_t i = 0; i < names_.size(); ++i)
      if (names_[i] == name) return i;
    throw std::logic_error("no snapshot " + name);
  }

  /// The names of the snapshots to be deleted: `old big`.
  std::string going(const Policy& policy) const {
    std::string text;
    for (const GoingSnapshot& one : plan_gc(census_, policy).going)
      text += (text.empty() ? "" : " ") + names_[one.snapshot];
    return text;
  }
  KeptBy kept_by(const std::string& name, const Policy& policy) const {
    for (const KeptSnapshot& one : plan_gc(census_, policy).kept)
      if (names_[one.snapshot] == name) return one.why;
    throw std::logic_error(name + " is not kept");
  }

 private:
  CountedSnapshot& last() { return census_.snapshots.back(); }

  Census census_;
  std::map<std::string, std::uint32_t> trees_;
  std::vector<std::string> names_;
};

inline CensusBuilder a_census() {
  return {};
}

inline SizeLimit megabytes(std::uint64_t count) {
  return {.bytes = count * kMB, .percent = 0};
}
inline Policy max_size(std::uint64_t count) {
  Policy policy;
  policy.max_size = megabytes(count);
  return policy;
}
inline Policy min_free(std::uint64_t count) {
  Policy policy;
  policy.min_free = megabytes(count);
  return policy;
}
inline Policy max_age(std::chrono::nanoseconds age) {
  Policy policy;
  policy.max_age = age;
  return policy;
}

}  // namespace envstore::testing
