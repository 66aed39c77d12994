#include "python/lock/marker_equivalence.h"

#include <map>
#include <set>
#include <string>
#include <vector>

#include "pypackaging/name.h"
#include "pypackaging/version.h"

namespace envstore {
namespace {

using pypackaging::Marker;
using pypackaging::MarkerEnvironment;
using pypackaging::Version;

constexpr std::size_t kMostCombinations = 50'000;

/// The quoted texts of a marker. A canonical marker has double quotes, single ones only around a double one.
std::set<std::string> literals_of(const Marker& marker) {
  std::set<std::string> literals;
  const std::string text = marker.canonical();
  for (std::size_t at = text.find_first_of("\"'"); at != std::string::npos;) {
    const std::size_t end = text.find(text[at], at + 1);
    if (end == std::string::npos) break;
    literals.insert(text.substr(at + 1, end - at - 1));
    at = text.find_first_of("\"'", end + 1);
  }
  return literals;
}

/// Python versions around each version that is mentioned, and those of every minor version.
std::set<std::string> pythons_near(const std::set<std::string>& literals) {
  constexpr unsigned kMinors = 25;
  std::set<std::string> pythons = {"2.7.18"};
  for (unsigned minor = 0; minor <= kMinors; ++minor)
    for (const char* patch : {".0", ".1", ".99"}) pythons.insert("3." + std::to_string(minor) + patch);
  for (const std::string& text : literals) {
    const auto version = Version::parse(text);
    if (!version || version->release_size() < 3) continue;
    const auto release = version->release();
    const std::string minor = std::to_string(release[0]) + "." + std::to_string(release[1]) + ".";
    for (const std::uint64_t patch : {release[2] - (release[2] > 0 ? 1 : 0), release[2], release[2] + 1})
      pythons.insert(minor + std::to_string(patch));
  }
  return pythons;
}

std::string minor_of(const std::string& python) {
  return python.substr(0, python.rfind('.'));
}

class Comparison {
 public:
  Comparison(const Marker& a, const Marker& b,
             const std::optional<pypackaging::SpecifierSet>& requires_python)
      : a_(a), b_(b) {
    std::set<std::string> literals = literals_of(a);
    literals.merge(literals_of(b));
    auto variables = a.variables();
    variables.merge(b.variables());
    for (const std::string& python : pythons_near(literals))
      if (!requires_python || requires_python->matches(*Version::parse(python))) pythons_.push_back(python);
    if (!variables.contains("python_version") && !variables.contains("python_full_version") &&
        !pythons_.empty())
      pythons_.resize(1);
    for (const std::string& variable : variables)
      if (variable != "python_version" && variable != "python_full_version") {
        std::vector<std::string> values(literals.begin(), literals.end());
        values.emplace_back("another");
        values_.emplace_back(variable, std::move(values));
      }
  }

  bool run() {
    std::size_t combinations = pythons_.size();
    for (const auto& [variable, values] : values_) {
      combinations *= values.size();
      if (combinations > kMostCombinations) return false;
    }
    for (const std::string& python : pythons_) {
      environment_["python_full_version"] = python;
      environment_["python_version"] = minor_of(python);
      if (!agree(0)) return false;
    }
    return true;
  }

 private:
  bool agree(std::size_t variable) {
    if (variable == values_.size()) return value_of(a_) == value_of(b_);
    for (const std::string& value : values_[variable].second) {
      environment_[values_[variable].first] = value;
      if (!agree(variable + 1)) return false;
    }
    return true;
  }

  std::optional<bool> value_of(const Marker& marker) const {
    const auto extra = environment_.find("extra");
    std::set<std::string, std::less<>> extras;
    if (extra != environment_.end()) extras.insert(pypackaging::normalize_name(extra->second));
    const auto value = marker.evaluate({environment_, extras, {}, pypackaging::MarkerContext::metadata});
    return value ? std::optional<bool>(*value) : std::nullopt;
  }

  const Marker &a_, &b_;
  std::vector<std::string> pythons_;
  std::vector<std::pair<std::string, std::vector<std::string>>> values_;
  MarkerEnvironment environment_;
};

}  // namespace

bool are_equivalent(const Marker& a, const Marker& b,
                    const std::optional<pypackaging::SpecifierSet>& requires_python) {
  return a == b || Comparison(a, b, requires_python).run();
}

}  // namespace envstore
