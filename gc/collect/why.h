#pragma once
#include <optional>
#include <string>
#include <vector>

#include "gc/collect/plan.h"
#include "store/index/store.h"

namespace envstore {

/// What a word that the user gave refers to in the store.
struct Subject {
  enum class Kind { snapshot, package, file, script, run } kind = Kind::snapshot;
  std::string title;                     ///< for people: `file site/x.py of numpy 2.1.0`
  std::vector<std::uint32_t> trees;      ///< positions in Census::trees: what it is, or is a part of
  std::vector<std::uint32_t> snapshots;  ///< positions in Census::snapshots: what it is, or what contains it
};

/// A snapshot that is affected, and everything that keeps it.
struct WhyKept {
  std::uint32_t snapshot;
  struct Keeper {
    KeptBy why;
    std::string detail;
  };
  std::vector<Keeper> keepers;  ///< roots, leases, grace; empty: gc may remove it
};

struct Why {
  Subject subject;
  std::vector<WhyKept> snapshots;
};

const char* name_of(Subject::Kind kind);

/// `word`: an id of a snapshot or tree or its first digits, a whole id of a blob, a path in the store
/// (object, file of a tree, layout, scratch) or of a script, a package's name or `name==version`. Throws
/// Error{not_found} that says what was looked for, Error{usage} if several ids begin with the digits.
Subject find_subject(const StoreReader& store, const Census& census, const std::string& word);

/// The snapshots that the subject concerns, and what keeps them. Pure. `policy`: only its grace time is used.
Why why(const Census& census, const Policy& policy, Subject subject);

}  // namespace envstore
