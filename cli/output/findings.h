#pragma once
#include <string>
#include <vector>

#include "cli/options/config.h"
#include "store/index/store.h"

namespace envstore {

/// The result of one check of `envstore doctor`: what it found, what that means, and what to do about it.
struct Finding {
  enum class Verdict { good, note, problem } verdict = Verdict::good;
  std::string what, meaning;
  std::string advice = {};
};

/// Checks a store at `root`, or whether one can be made there: filesystem, owner and permissions, space,
/// locks, hard links, boot id.
std::vector<Finding> examine_place(const std::string& root);
/// The interpreters on this machine.
std::vector<Finding> examine_interpreters(StoreWriter& store);
/// Checks the certificates, and that each index answers (unless offline).
std::vector<Finding> examine_network(StoreWriter& store, const SettingsLayer& settings);

}  // namespace envstore
