#pragma once
#include <cstdint>
#include <set>
#include <string>

namespace check {

/// The results of the checker. A finding violates docs/FORMAT.md; a leftover is garbage that a killed
/// process may leave and a collection removes.
class Findings {
 public:
  void finding(const std::string& what) { findings_.insert(what); }
  void leftover(const std::string& what) { leftovers_.insert(what); }
  const std::set<std::string>& findings() const { return findings_; }
  const std::set<std::string>& leftovers() const { return leftovers_; }

 private:
  std::set<std::string> findings_, leftovers_;
};

}  // namespace check
