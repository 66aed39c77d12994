#pragma once
#include <compare>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pypackaging/result.h"

namespace pypackaging {

enum class PreKind : std::uint8_t { alpha, beta, candidate };

/// A version (packaging.python.org "Version specifiers", PEP 440). A value type: parsed once, ordered by the
/// rules of the specification, equal if the specification defines it so (1.0 == 1.0.0). Comparing ordinary
/// versions allocates nothing. Numbers of any length are ordered correctly; the accessors saturate at the
/// type's maximum.
class Version {
 public:
  /// Accepts every spelling that the specification permits (leading `v`, case, separators, implicit post
  /// releases, surrounding white space); rejects others with the offset of the first offending character.
  static Result<Version> parse(std::string_view text);

  std::uint64_t epoch() const;
  std::vector<std::uint64_t> release() const;  ///< as written, trailing zeros kept
  std::optional<std::pair<PreKind, std::uint64_t>> pre() const;
  std::optional<std::uint64_t> post() const;
  std::optional<std::uint64_t> dev() const;
  std::optional<std::string> local() const;  ///< normalised, without the `+`

  std::string canonical() const;       ///< normalised spelling, trailing zeros of the release kept
  std::string public_version() const;  ///< canonical without the local part
  std::string base_version() const;    ///< epoch and release only

  bool is_prerelease() const;  ///< has a pre or a dev part
  bool is_postrelease() const;
  bool is_devrelease() const;
  bool has_local() const;

  /// The number of components of the release, as written.
  std::size_t release_size() const;
  /// The same epoch and release (zero-padded): `base_version()` of both are equal versions.
  bool has_same_base(const Version& other) const;
  /// The same epoch, and the first `count` numbers of both releases (zero-padded) are equal.
  bool has_release_prefix(const Version& other, std::size_t count) const;

  /// A pre- or development release that leads up to `final_or_post`: 1.0a1 and 1.0.dev3
  /// to 1.0, 1.0.post1.dev2 to 1.0.post1.
  bool is_prerelease_of(const Version& final_or_post) const;
  /// A post release (or a development release of one) that was made after `released`: 1.0.post1
  /// of 1.0, 1.0a1.post1 of 1.0a1.
  bool is_postrelease_of(const Version& released) const;

  std::strong_ordering operator<=>(const Version& other) const;
  /// As `<=>`, without the local parts.
  std::strong_ordering compare_public(const Version& other) const;
  bool operator==(const Version& other) const;
  std::size_t hash() const;  ///< equal versions have equal hashes

 private:
  // Ordinary versions (short numbers, up to four of them in the release, no local part) are stored in these
  // fields alone. `big_` holds the rest; the fields then hold saturated values.
  Version() = default;
  friend class VersionBuilder;
  struct Big;
  struct Number;
  static constexpr std::size_t kInlineRelease = 4;
  static constexpr std::uint8_t kHasPre = 1, kHasPost = 2, kHasDev = 4;

  bool has(std::uint8_t flag) const { return (flags_ & flag) != 0; }
  int phase() const;
  std::uint64_t release_value(std::size_t index) const;
  Number number(std::size_t slot) const;
  std::strong_ordering compare_inline(const Version& other) const;
  std::strong_ordering compare_big(const Version& other) const;
  std::strong_ordering compare_local(const Version& other) const;
  std::strong_ordering compare_numbers(const Version& other, std::size_t slot) const;
  void append_number(std::string& text, std::size_t slot) const;
  void append_base(std::string& text) const;
  void append_public(std::string& text) const;

  std::uint64_t release_[kInlineRelease] = {};
  std::uint64_t epoch_ = 0;
  std::uint64_t pre_number_ = 0;
  std::uint64_t post_ = 0;
  std::uint64_t dev_ = 0;
  std::uint8_t release_count_ = 0;  ///< of the inline ones
  std::uint8_t flags_ = 0;
  PreKind pre_kind_ = PreKind::alpha;
  std::shared_ptr<const Big> big_;
};

}  // namespace pypackaging

template <>
struct std::hash<pypackaging::Version> {
  std::size_t operator()(const pypackaging::Version& version) const { return version.hash(); }
};
