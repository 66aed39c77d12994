#pragma once
#include <map>
#include <string>
#include <vector>

#include "core.h"
#include "pypackaging/resolver.h"
#include "wording.h"

namespace pypackaging::resolver {

/// The explanation of a failed search: a small set of contradictory facts as a chain of sentences, then
/// hints.
class Explanation {
 public:
  Explanation(const ResolveInput& input, Universe& universe, const Eligibility& eligibility,
              const Search& search);

  Conflict write() const;

 private:
  std::vector<CoreFact> split_exclusions(const CoreFact& fact) const;
  CoreFact with_detail_of_newest(const CoreFact& fact, const std::map<Exclusion, VersionSet>& groups) const;
  /// The facts to report. Exclusions that leave a requirement some candidates are omitted; the hints mention
  /// them.
  std::vector<CoreFact> told_facts() const;
  /// Hints on what the user can do, without those that `told` already contains.
  std::vector<std::string> hints(const std::string& told) const;
  /// The advice against an exclusion, or empty.
  std::string advice_on(const CoreFact& fact, const Wording& wording) const;
  std::vector<std::string> exclusion_hints(const std::string& told, const Wording& wording) const;
  std::string absence_hint(PackageId package) const;
  std::string early_release_hint(const CoreFact& fact) const;
  std::string override_hint(const Wording& wording) const;

  const ResolveInput& input_;
  const Universe& universe_;
  const Eligibility& eligibility_;
  std::vector<CoreFact> core_;
};

/// The proof as sentences, one per line.
std::string tell(const Proof& proof, const std::vector<CoreFact>& facts, const Wording& wording);

}  // namespace pypackaging::resolver
