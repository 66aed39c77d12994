#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace pypackaging::resolver {

/// A set of one package's candidates, one bit each, plus bit 0: "the package is not selected at all". With
/// that bit a positive term ("A in S") and a negative one ("not A in S") have the same representation, and
/// every operation of the algorithm is a bit operation, exact for all rules of specifiers.
class VersionSet {
 public:
  static constexpr std::size_t kAbsent = 0;

  VersionSet() = default;
  static VersionSet none(std::size_t bits);
  static VersionSet all(std::size_t bits);
  static VersionSet single(std::size_t bits, std::size_t bit);

  std::size_t bits() const { return bits_; }
  bool has(std::size_t bit) const { return (words_[bit / 64] >> (bit % 64)) & 1; }
  void add(std::size_t bit) { words_[bit / 64] |= std::uint64_t{1} << (bit % 64); }
  void remove(std::size_t bit) { words_[bit / 64] &= ~(std::uint64_t{1} << (bit % 64)); }
  void add_range(std::size_t first, std::size_t last);  ///< [first, last)

  bool empty() const;
  bool full() const;
  bool has_one() const;
  std::size_t count() const;
  /// The lowest or highest candidate (without bit 0), or 0 if there is none.
  std::size_t lowest() const;
  std::size_t highest() const;

  bool subset_of(const VersionSet& other) const;
  bool disjoint(const VersionSet& other) const;
  VersionSet complement() const;
  VersionSet operator&(const VersionSet& other) const;
  VersionSet& operator&=(const VersionSet& other);
  VersionSet operator|(const VersionSet& other) const;
  VersionSet minus(const VersionSet& other) const;
  bool operator==(const VersionSet& other) const = default;
  std::size_t hash() const;

  /// Visits the candidates (without bit 0), lowest first.
  template <class Visit>
  void for_each(Visit visit) const {
    for (std::size_t word = 0; word < words_.size(); ++word)
      for (std::uint64_t rest = words_[word]; rest != 0; rest &= rest - 1) {
        const std::size_t bit = word * 64 + static_cast<std::size_t>(std::countr_zero(rest));
        if (bit != kAbsent) visit(bit);
      }
  }

 private:
  explicit VersionSet(std::size_t bits) : bits_(bits), words_((bits + 63) / 64, 0) {}
  std::uint64_t last_word_mask() const {
    return bits_ % 64 == 0 ? ~std::uint64_t{0} : (std::uint64_t{1} << (bits_ % 64)) - 1;
  }

  std::size_t bits_ = 0;
  std::vector<std::uint64_t> words_;
};

}  // namespace pypackaging::resolver
