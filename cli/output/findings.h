#pragma once
#include <string>
#include <vector>

#include "cli/options/config.h"
#include "store/index/store.h"

namespace envstore {

/// One thing that `envstore doctor` looked at: what it found, what that means, and what to do about it.
struct Finding {
  enum class Verdict { good, note, problem } verdict = Verdict::good;
  std::string what, meaning;
  std::string advice = {};
};

/// Whether a store can be, or is, at `root`: filesystem, owner and rights, space, locks, hard links, boot id.
std::vector<Finding> examine_place(const std::string& root);
/// The interpreters on this machine.
std::vector<Finding> examine_interpreters(Store& store);
/// Certificates, and whether each index answers (unless offline).
std::vector<Finding> examine_network(Store& store, const SettingsLayer& settings);

}  // namespace envstore
