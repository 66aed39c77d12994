#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pypackaging/result.h"
#include "pypackaging/version.h"

namespace pypackaging {

/// `~=`, `==`, `!=`, `<=`, `>=`, `<`, `>`, `===`.
enum class Operator { compatible, equal, not_equal, less_equal, greater_equal, less, greater, arbitrary };

/// Whether prereleases match. `by_default` is the specification's own rule ("Handling of pre-releases").
enum class Prereleases { by_default, allow, exclude };

std::string_view operator_text(Operator op);

/// One clause, e.g. `>=1.2`, `==1.*`, `===foo` (packaging.python.org "Version specifiers").
class Specifier {
 public:
  static Result<Specifier> parse(std::string_view text);
  /// From an operator and the text after it (`1.*`, ` 1.2 `), as `parse` reads them together.
  static Result<Specifier> make(Operator op, std::string_view version_text);
  Operator op() const { return op_; }
  bool is_prefix_match() const { return prefix_; }                    ///< `==1.*`, `!=1.*`
  const std::string& text() const { return text_; }                   ///< the version as written
  const std::optional<Version>& version() const { return version_; }  ///< absent only for `===`
  std::string canonical() const;
  /// The clause's matching rule; prereleases are treated like other versions.
  bool matches(const Version& version) const;
  /// `===` compares the text as written, case-insensitively.
  bool matches_text(std::string_view version_text) const;
  /// True if the clause mentions a prerelease: its version is one, and the operator is not `!=`.
  bool mentions_prerelease() const;

 private:
  Specifier() = default;
  bool equals(const Version& version) const;

  Operator op_ = Operator::equal;
  bool prefix_ = false;
  std::string text_;
  std::optional<Version> version_;
};

/// A comma-separated set of clauses; all must match. The empty set matches everything.
class SpecifierSet {
 public:
  static Result<SpecifierSet> parse(std::string_view text);
  const std::vector<Specifier>& clauses() const { return clauses_; }
  bool empty() const { return clauses_.empty(); }
  std::string canonical() const;  ///< clauses sorted and without repeats
  /// True if every clause matches; prereleases are treated like other versions. Used by the resolver.
  bool matches(const Version& version) const;
  /// As `filter` with this version alone: by default a matching prerelease is contained, because there is no
  /// final release to prefer.
  bool contains(const Version& version, Prereleases prereleases = Prereleases::by_default) const;
  /// As `contains`; a text that is not a version is contained if every clause is `===` with the same text.
  bool contains_text(std::string_view version_text, Prereleases prereleases = Prereleases::by_default) const;
  /// Indices of the contained versions in their given order. By default prereleases are kept only if a clause
  /// mentions one or no final version is left (the specification's fallback). Texts that are not versions
  /// count as neither.
  std::vector<std::size_t> filter(std::span<const std::string> versions,
                                  Prereleases prereleases = Prereleases::by_default) const;
  bool mentions_prerelease() const;
  SpecifierSet intersect(const SpecifierSet& other) const;
  bool operator==(const SpecifierSet& other) const { return canonical() == other.canonical(); }

 private:
  bool matches_text(std::string_view text, const Version* version) const;

  std::vector<Specifier> clauses_;
};

}  // namespace pypackaging
