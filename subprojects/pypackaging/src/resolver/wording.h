#pragma once
#include <string>
#include <vector>

#include "core.h"
#include "eligibility.h"
#include "universe.h"

namespace pypackaging::resolver {

/// "a", "a and b", "a, b and c"
std::string list_of(const std::vector<std::string>& items, const char* conjunction = "and");

/// Texts for sets of versions and for facts. Sets are described by the versions in the index: versions that
/// cannot be chosen anyway do not interrupt a range.
class Wording {
 public:
  Wording(const Universe& universe, const Eligibility& eligibility)
      : universe_(universe), eligibility_(eligibility) {}

  /// Records the requirement that describes a set, so that conclusions about the set use the same text.
  void learn(const std::vector<CoreFact>& facts);

  /// "A 1.0", "A 1.0 to 1.9", "all versions of A". `extra` may be kNothing.
  std::string subject(PackageId package, const VersionSet& set, PackageId extra = kNothing) const;
  bool is_plural(PackageId package, const VersionSet& set) const;
  /// The required versions of a package: "C<1" if a recorded requirement describes the set, else as
  /// `subject`.
  std::string object(PackageId package, const VersionSet& allowed) const;
  /// The conclusion from a fact, without capital and full stop: "A 1.0 needs C<1".
  std::string conclusion(const Incompatibility& fact) const;
  /// An input fact: "A 1.0 depends on C<1", "you require A".
  std::string leaf(const CoreFact& fact) const;
  /// As `leaf`, in two parts, so that facts with the same first part can share it: "you require", "A".
  std::pair<std::string, std::string> leaf_parts(const CoreFact& fact) const;
  std::string exclusion(const CoreFact& fact) const;
  /// Why nothing offered matches: "only A 1.0 to 1.9 are available".
  std::string nothing_matches(PackageId package) const;
  /// "1.0", "1.0 to 1.9", "1.0, 1.2 and 2.0 to 2.4"
  std::string versions(PackageId package, const VersionSet& set) const;
  PackageId base_of(PackageId package) const;

 private:
  struct Known {
    PackageId package;
    VersionSet allowed;
    std::string text;
  };

  std::string requirement(const CoreFact& fact) const;
  std::string exclusion_of(PackageId package, const VersionSet& set, const Exclusion& exclusion) const;
  VersionSet eligible(PackageId package) const;
  std::vector<std::string> positives(const std::vector<const Term*>& terms, bool& plural) const;

  const Universe& universe_;
  const Eligibility& eligibility_;
  std::vector<Known> known_;
};

}  // namespace pypackaging::resolver
