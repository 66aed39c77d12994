#pragma once
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "pypackaging/resolver.h"

namespace pypackaging::test {

/// True with ENVSTORE_TEST_LONG=1: run all seeds and rounds. Otherwise run a few, so that sanitizer builds
/// finish in time.
bool is_long_run();

Version version(const std::string& text);
Requirement requirement(const std::string& text);
std::vector<Requirement> requirements(const std::vector<std::string>& texts);

/// One version of a package in a test universe.
struct Release {
  std::string version;
  std::vector<std::string> needs = {};
  std::vector<std::string> extras = {};
  std::string python = {};
  bool yanked = false;
  std::string yanked_reason = {};
  Usability usability = Usability::usable;
  std::string detail = {};
  std::string advice = {};
  std::string unavailable = {};  ///< not empty: its metadata cannot be obtained, for this reason
};

/// An index in memory that logs its calls.
class World : public PackageSource {
 public:
  World& has(const std::string& name, std::vector<Release> releases);
  World& lacks(const std::string& name, Absence absence, const std::string& where);
  World& serves(const std::string& name, const std::string& url, const Release& release);

  void prefetch_versions(const std::string& name) override { log.push_back("prefetch " + name); }
  void prefetch_dependencies(const std::string& name, const Version& version) override {
    log.push_back("prefetch " + name + " " + version.canonical());
  }
  void decided(const std::string& name, const Version& version) override {
    log.push_back("decided " + name + " " + version.canonical());
  }
  const PackageOffer& versions(const std::string& name) override;
  std::variant<Dependencies, Unavailable> dependencies(const std::string& name,
                                                       const Version& version) override;
  std::variant<std::pair<Version, Dependencies>, Unavailable> direct(const std::string& name,
                                                                     const std::string& url) override;

  const std::map<std::string, std::vector<Release>>& releases() const { return releases_; }

  std::vector<std::string> log;

 private:
  std::map<std::string, std::vector<Release>> releases_;
  std::map<std::string, PackageOffer> offers_;
  std::map<std::pair<std::string, std::string>, Dependencies> dependencies_;
  std::map<std::string, std::string> unavailable_;
  std::map<std::string, std::pair<Version, Dependencies>> direct_;
  PackageOffer nothing_{{}, Absence::not_found, "the test index"};
};

/// A resolver input, for CPython 3.11 on Linux by default.
ResolveInput question(const std::vector<std::string>& texts);

/// The result as text: "a 1.0, b[x] 2.0", or the explanation.
std::string ask(World& world, const ResolveInput& input);
std::string ask(World& world, const std::vector<std::string>& texts);

}  // namespace pypackaging::test
