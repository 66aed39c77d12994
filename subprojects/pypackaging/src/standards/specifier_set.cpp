#include <algorithm>

#include "ascii.h"
#include "pypackaging/specifier.h"

namespace pypackaging {

Result<SpecifierSet> SpecifierSet::parse(std::string_view text) {
  SpecifierSet result;
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t end = std::min(text.find(',', start), text.size());
    const std::string_view clause = text.substr(start, end - start);
    if (!ascii::trim(clause).empty()) {
      auto specifier = Specifier::parse(clause);
      if (!specifier) return ParseError{specifier.error().message, specifier.error().position + start};
      result.clauses_.push_back(*std::move(specifier));
    }
    start = end + 1;
  }
  return result;
}

std::string SpecifierSet::canonical() const {
  std::vector<std::string> texts;
  texts.reserve(clauses_.size());
  for (const Specifier& clause : clauses_) texts.push_back(clause.canonical());
  std::sort(texts.begin(), texts.end());
  texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
  std::string joined;
  for (const std::string& text : texts) {
    if (!joined.empty()) joined += ',';
    joined += text;
  }
  return joined;
}

bool SpecifierSet::matches(const Version& version) const {
  return std::all_of(clauses_.begin(), clauses_.end(),
                     [&](const Specifier& clause) { return clause.matches(version); });
}

bool SpecifierSet::contains(const Version& version, Prereleases prereleases) const {
  return (prereleases != Prereleases::exclude || !version.is_prerelease()) && matches(version);
}

bool SpecifierSet::contains_text(std::string_view version_text, Prereleases prereleases) const {
  const auto version = Version::parse(version_text);
  if (version && prereleases == Prereleases::exclude && version->is_prerelease()) return false;
  return matches_text(version_text, version ? &*version : nullptr);
}

bool SpecifierSet::matches_text(std::string_view text, const Version* version) const {
  return std::all_of(clauses_.begin(), clauses_.end(), [&](const Specifier& clause) {
    return clause.op() == Operator::arbitrary ? clause.matches_text(text)
                                              : version && clause.matches(*version);
  });
}

std::vector<std::size_t> SpecifierSet::filter(std::span<const std::string> versions,
                                              Prereleases prereleases) const {
  if (prereleases == Prereleases::by_default && mentions_prerelease()) prereleases = Prereleases::allow;
  std::vector<std::size_t> kept;      // matches without prereleases
  std::vector<std::size_t> matching;  // all matches
  bool found_final = false;
  for (std::size_t i = 0; i < versions.size(); ++i) {
    const auto version = Version::parse(versions[i]);
    if (!matches_text(versions[i], version ? &*version : nullptr)) continue;
    matching.push_back(i);
    if (version && version->is_prerelease()) continue;
    kept.push_back(i);
    found_final = found_final || version;
  }
  switch (prereleases) {
    case Prereleases::allow:
      return matching;
    case Prereleases::exclude:
      return kept;
    case Prereleases::by_default:
      break;
  }
  return found_final ? kept : matching;
}

bool SpecifierSet::mentions_prerelease() const {
  return std::any_of(clauses_.begin(), clauses_.end(),
                     [](const Specifier& clause) { return clause.mentions_prerelease(); });
}

SpecifierSet SpecifierSet::intersect(const SpecifierSet& other) const {
  SpecifierSet result = *this;
  result.clauses_.insert(result.clauses_.end(), other.clauses_.begin(), other.clauses_.end());
  return result;
}

}  // namespace pypackaging
