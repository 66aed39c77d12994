#include "pypackaging/version.h"

#include <algorithm>
#include <charconv>

#include "version_big.h"

namespace pypackaging {

std::uint64_t Version::epoch() const {
  return epoch_;
}

std::size_t Version::release_size() const {
  return big_ && !big_->release.empty() ? big_->release.size() : release_count_;
}

std::uint64_t Version::release_value(std::size_t index) const {
  if (index < kInlineRelease) return release_[index];
  return big_ && index < big_->release.size() ? big_->release[index] : 0;
}

std::vector<std::uint64_t> Version::release() const {
  if (big_ && !big_->release.empty()) return big_->release;
  return {release_, release_ + release_count_};
}

std::optional<std::pair<PreKind, std::uint64_t>> Version::pre() const {
  if (!has(kHasPre)) return std::nullopt;
  return std::pair{pre_kind_, pre_number_};
}

std::optional<std::uint64_t> Version::post() const {
  return has(kHasPost) ? std::optional(post_) : std::nullopt;
}

std::optional<std::uint64_t> Version::dev() const {
  return has(kHasDev) ? std::optional(dev_) : std::nullopt;
}

bool Version::has_local() const {
  return big_ && !big_->local.empty();
}

std::optional<std::string> Version::local() const {
  if (!has_local()) return std::nullopt;
  std::string text;
  for (const LocalSegment& segment : big_->local) {
    if (!text.empty()) text += '.';
    text += segment.text;
  }
  return text;
}

bool Version::is_prerelease() const {
  return has(kHasPre | kHasDev);
}
bool Version::is_postrelease() const {
  return has(kHasPost);
}
bool Version::is_devrelease() const {
  return has(kHasDev);
}

Version::Number Version::number(std::size_t slot) const {
  Number result{0, {}};
  switch (slot) {
    case slot::epoch:
      result.value = epoch_;
      break;
    case slot::pre:
      result.value = pre_number_;
      break;
    case slot::post:
      result.value = post_;
      break;
    case slot::dev:
      result.value = dev_;
      break;
    default:
      result.value = release_value(slot - slot::release);
  }
  // Only a saturated value can stand for a longer number.
  if (result.value == UINT64_MAX && big_) {
    const auto& numbers = big_->long_numbers;
    const auto found =
        std::lower_bound(numbers.begin(), numbers.end(), slot,
                         [](const auto& entry, std::size_t wanted) { return entry.first < wanted; });
    if (found != numbers.end() && found->first == slot) result.digits = found->second;
  }
  return result;
}

std::strong_ordering Version::compare_numbers(const Version& other, std::size_t slot) const {
  return number(slot) <=> other.number(slot);
}

bool Version::has_release_prefix(const Version& other, std::size_t count) const {
  if (compare_numbers(other, slot::epoch) != 0) return false;
  count = std::min(count, std::max(release_size(), other.release_size()));
  for (std::size_t i = 0; i < count; ++i)
    if (compare_numbers(other, slot::release + i) != 0) return false;
  return true;
}

bool Version::has_same_base(const Version& other) const {
  return has_release_prefix(other, std::max(release_size(), other.release_size()));
}

bool Version::is_prerelease_of(const Version& final_or_post) const {
  if (!is_prerelease() || final_or_post.is_prerelease() || !has_same_base(final_or_post)) return false;
  if (!final_or_post.is_postrelease()) return has(kHasPre) || !has(kHasPost);
  return !has(kHasPre) && has(kHasPost) && compare_numbers(final_or_post, slot::post) == 0;
}

bool Version::is_postrelease_of(const Version& released) const {
  return is_postrelease() && !released.has(kHasPost | kHasDev) && has_same_base(released) &&
         has(kHasPre) == released.has(kHasPre) && pre_kind_ == released.pre_kind_ &&
         compare_numbers(released, slot::pre) == 0;
}

/// The rank of a version among those of its release: dev releases, alphas, betas, candidates, all others.
int Version::phase() const {
  if (has(kHasPre)) return 1 + static_cast<int>(pre_kind_);
  return flags_ == kHasDev ? 0 : 4;
}

std::strong_ordering Version::compare_inline(const Version& other) const {
  if (epoch_ != other.epoch_) return epoch_ <=> other.epoch_;
  for (std::size_t i = 0; i < kInlineRelease; ++i)
    if (release_[i] != other.release_[i]) return release_[i] <=> other.release_[i];
  if ((flags_ | other.flags_) == 0) return std::strong_ordering::equal;
  if (phase() != other.phase()) return phase() <=> other.phase();
  if (pre_number_ != other.pre_number_) return pre_number_ <=> other.pre_number_;
  if (has(kHasPost) != other.has(kHasPost)) return has(kHasPost) <=> other.has(kHasPost);
  if (post_ != other.post_) return post_ <=> other.post_;
  if (has(kHasDev) != other.has(kHasDev)) return other.has(kHasDev) <=> has(kHasDev);
  return dev_ <=> other.dev_;
}

std::strong_ordering Version::compare_big(const Version& other) const {
  if (const auto order = compare_numbers(other, slot::epoch); order != 0) return order;
  const std::size_t count = std::max(release_size(), other.release_size());
  for (std::size_t i = 0; i < count; ++i)
    if (const auto order = compare_numbers(other, slot::release + i); order != 0) return order;
  if (phase() != other.phase()) return phase() <=> other.phase();
  if (const auto order = compare_numbers(other, slot::pre); order != 0) return order;
  if (has(kHasPost) != other.has(kHasPost)) return has(kHasPost) <=> other.has(kHasPost);
  if (const auto order = compare_numbers(other, slot::post); order != 0) return order;
  if (has(kHasDev) != other.has(kHasDev)) return other.has(kHasDev) <=> has(kHasDev);
  return compare_numbers(other, slot::dev);
}

/// A version without a local part comes first; numbers come after words; a prefix comes before the longer
/// one.
std::strong_ordering Version::compare_local(const Version& other) const {
  static const std::vector<LocalSegment> kNone;
  const auto& mine = big_ ? big_->local : kNone;
  const auto& theirs = other.big_ ? other.big_->local : kNone;
  return std::lexicographical_compare_three_way(
      mine.begin(), mine.end(), theirs.begin(), theirs.end(),
      [](const LocalSegment& a, const LocalSegment& b) -> std::strong_ordering {
        if (a.is_numeric != b.is_numeric) return a.is_numeric <=> b.is_numeric;
        return a.is_numeric ? compare_digits(a.text, b.text) : a.text.compare(b.text) <=> 0;
      });
}

std::strong_ordering Version::compare_public(const Version& other) const {
  return big_ || other.big_ ? compare_big(other) : compare_inline(other);
}

std::strong_ordering Version::operator<=>(const Version& other) const {
  if (!big_ && !other.big_) return compare_inline(other);
  const auto order = compare_big(other);
  return order != 0 ? order : compare_local(other);
}

bool Version::operator==(const Version& other) const {
  return (*this <=> other) == 0;
}

std::size_t Version::hash() const {
  std::size_t result = 0;
  const auto mix = [&result](std::size_t value) {
    result = (result ^ value) * 0x9E3779B97F4A7C15u;
    result ^= result >> 32;
  };
  const auto mix_slot = [&](std::size_t slot) {
    const Number value = number(slot);
    mix(value.value);
    if (!value.digits.empty()) mix(std::hash<std::string_view>{}(value.digits));
  };
  mix(flags_ * 4u + static_cast<unsigned>(pre_kind_));
  for (const std::size_t slot : {slot::epoch, slot::pre, slot::post, slot::dev}) mix_slot(slot);
  std::size_t count = release_size();
  while (count > 0 && release_value(count - 1) == 0) --count;
  for (std::size_t i = 0; i < count; ++i) mix_slot(slot::release + i);
  if (big_)
    for (const LocalSegment& segment : big_->local) mix(std::hash<std::string>{}(segment.text));
  return result;
}

void Version::append_number(std::string& text, std::size_t slot) const {
  const Number value = number(slot);
  if (!value.digits.empty()) {
    text += value.digits;
    return;
  }
  char buffer[20];
  text.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, value.value).ptr);
}

void Version::append_base(std::string& text) const {
  if (epoch_ != 0) {
    append_number(text, slot::epoch);
    text += '!';
  }
  for (std::size_t i = 0; i < release_size(); ++i) {
    if (i > 0) text += '.';
    append_number(text, slot::release + i);
  }
}

void Version::append_public(std::string& text) const {
  append_base(text);
  if (has(kHasPre)) {
    static constexpr std::string_view kNames[] = {"a", "b", "rc"};
    text += kNames[static_cast<int>(pre_kind_)];
    append_number(text, slot::pre);
  }
  if (has(kHasPost)) {
    text += ".post";
    append_number(text, slot::post);
  }
  if (has(kHasDev)) {
    text += ".dev";
    append_number(text, slot::dev);
  }
}

std::string Version::base_version() const {
  std::string text;
  append_base(text);
  return text;
}

std::string Version::public_version() const {
  std::string text;
  append_public(text);
  return text;
}

std::string Version::canonical() const {
  std::string text;
  append_public(text);
  if (const auto segments = local()) text.append(1, '+').append(*segments);
  return text;
}

}  // namespace pypackaging
