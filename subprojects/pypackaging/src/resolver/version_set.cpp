#include "version_set.h"

namespace pypackaging::resolver {

VersionSet VersionSet::none(std::size_t bits) {
  return VersionSet(bits);
}

VersionSet VersionSet::all(std::size_t bits) {
  return VersionSet(bits).complement();
}

VersionSet VersionSet::single(std::size_t bits, std::size_t bit) {
  VersionSet set(bits);
  set.add(bit);
  return set;
}

void VersionSet::add_range(std::size_t first, std::size_t last) {
  for (; first < last && first % 64 != 0; ++first) add(first);
  for (; first + 64 <= last; first += 64) words_[first / 64] = ~std::uint64_t{0};
  for (; first < last; ++first) add(first);
}

bool VersionSet::empty() const {
  for (const std::uint64_t word : words_)
    if (word != 0) return false;
  return true;
}

bool VersionSet::full() const {
  return count() == bits_;
}

bool VersionSet::has_one() const {
  bool found = false;
  for (const std::uint64_t word : words_) {
    if (word == 0) continue;
    if (found || !std::has_single_bit(word)) return false;
    found = true;
  }
  return found;
}

std::size_t VersionSet::count() const {
  std::size_t total = 0;
  for (const std::uint64_t word : words_) total += static_cast<std::size_t>(std::popcount(word));
  return total;
}

std::size_t VersionSet::lowest() const {
  for (std::size_t word = 0; word < words_.size(); ++word) {
    const std::uint64_t rest = word == 0 ? words_[0] & ~std::uint64_t{1} : words_[word];
    if (rest != 0) return word * 64 + static_cast<std::size_t>(std::countr_zero(rest));
  }
  return 0;
}

std::size_t VersionSet::highest() const {
  for (std::size_t word = words_.size(); word-- > 0;)
    if (words_[word] != 0) return word * 64 + 63 - static_cast<std::size_t>(std::countl_zero(words_[word]));
  return 0;
}

bool VersionSet::subset_of(const VersionSet& other) const {
  for (std::size_t word = 0; word < words_.size(); ++word)
    if ((words_[word] & ~other.words_[word]) != 0) return false;
  return true;
}

bool VersionSet::disjoint(const VersionSet& other) const {
  for (std::size_t word = 0; word < words_.size(); ++word)
    if ((words_[word] & other.words_[word]) != 0) return false;
  return true;
}

VersionSet VersionSet::complement() const {
  VersionSet result(bits_);
  for (std::size_t word = 0; word < words_.size(); ++word) result.words_[word] = ~words_[word];
  if (!words_.empty()) result.words_.back() &= last_word_mask();
  return result;
}

VersionSet VersionSet::operator&(const VersionSet& other) const {
  VersionSet result(*this);
  for (std::size_t word = 0; word < words_.size(); ++word) result.words_[word] &= other.words_[word];
  return result;
}

VersionSet& VersionSet::operator&=(const VersionSet& other) {
  for (std::size_t word = 0; word < words_.size(); ++word) words_[word] &= other.words_[word];
  return *this;
}

VersionSet VersionSet::operator|(const VersionSet& other) const {
  VersionSet result(*this);
  for (std::size_t word = 0; word < words_.size(); ++word) result.words_[word] |= other.words_[word];
  return result;
}

VersionSet VersionSet::minus(const VersionSet& other) const {
  VersionSet result(*this);
  for (std::size_t word = 0; word < words_.size(); ++word) result.words_[word] &= ~other.words_[word];
  return result;
}

std::size_t VersionSet::hash() const {
  std::uint64_t value = 0x9e3779b97f4a7c15;
  for (const std::uint64_t word : words_) value = (value ^ word) * 0x2545f4914f6cdd1d + (value >> 29);
  return static_cast<std::size_t>(value);
}

}  // namespace pypackaging::resolver
