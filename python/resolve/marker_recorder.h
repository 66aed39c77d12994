#pragma once
#include <map>
#include <set>
#include <string>
#include <utility>

#include "pypackaging/resolver.h"

namespace envstore {

/// Passes everything on to another source, and records the marker variables in the requirements of each
/// version that the resolver has looked at.
class MarkerRecorder final : public pypackaging::PackageSource {
 public:
  using Names = std::set<std::string, std::less<>>;
  using Version = pypackaging::Version;

  explicit MarkerRecorder(pypackaging::PackageSource& source) : source_(source) {}

  void prefetch_versions(const std::string& name) override { source_.prefetch_versions(name); }
  void prefetch_dependencies(const std::string& name, const Version& version) override {
    source_.prefetch_dependencies(name, version);
  }
  void decided(const std::string& name, const Version& version) override { source_.decided(name, version); }
  const pypackaging::PackageOffer& versions(const std::string& name) override {
    return source_.versions(name);
  }
  std::variant<pypackaging::Dependencies, pypackaging::Unavailable> dependencies(
      const std::string& name, const Version& version) override;
  std::variant<std::pair<Version, pypackaging::Dependencies>, pypackaging::Unavailable> direct(
      const std::string& name, const std::string& url) override;

  /// The variables in the requirements of one version; empty: none, or it was not looked at.
  const Names& variables(const std::string& name, const Version& version) const;

 private:
  void record(const std::string& name, const Version& version,
              const std::vector<pypackaging::Requirement>& requirements);

  pypackaging::PackageSource& source_;
  std::map<std::pair<std::string, std::string>, Names> variables_;  ///< without versions that have none
};

}  // namespace envstore
