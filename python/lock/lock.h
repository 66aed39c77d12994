#pragma once
#include <map>
#include <set>
#include <string>
#include <vector>

#include "pypackaging/version.h"
#include "python/index/simple_page.h"

namespace envstore {

/// One distribution of a lock.
struct LockedPackage {
  std::string name;  ///< normalised
  pypackaging::Version version;
  std::set<std::string> extras = {};           ///< activated, normalised
  IndexFile file = {};                         ///< source and hashes; its URL may hold credentials
  std::vector<std::string> dependencies = {};  ///< names of the packages that it needs, sorted
  bool is_direct = false;                      ///< a direct reference names the file
  bool operator==(const LockedPackage&) const = default;
};

/// The decided content of one layer: everything that provisioning needs, and nothing that depends on the
/// store. A pure value: it is the same whether it was resolved just now or read from a file.
struct Lock {
  std::string interpreter;                     ///< Interpreter::identity
  std::map<std::string, std::string> markers;  ///< values of the marker variables that the decision used
  std::vector<LockedPackage> packages;         ///< sorted by name
  bool operator==(const Lock&) const = default;
};

/// The printed form: compact JSON, URLs without secrets.
std::string to_json(const Lock& lock);

}  // namespace envstore
