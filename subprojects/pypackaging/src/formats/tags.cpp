#include "pypackaging/tags.h"

#include <algorithm>
#include <functional>

#include "../standards/quote.h"
#include "platform_tags.h"
#include "text.h"

namespace pypackaging {
namespace {

std::string short_name(const std::string& implementation) {
  if (implementation == "cpython") return "cp";
  if (implementation == "pypy") return "pp";
  if (implementation == "ironpython") return "ip";
  if (implementation == "jython") return "jy";
  if (implementation == "python") return "py";
  return implementation;
}

std::string nodot(int major, int minor) {
  return std::to_string(major) + std::to_string(minor);
}

class TagList {
 public:
  TagList(const TagEnvironment& environment)
      : environment_(environment),
        platforms_(platform_tags(environment)),
        version_(nodot(environment.version.first, environment.version.second)) {}

  std::vector<Tag> make() {
    const std::string name = short_name(environment_.implementation);
    if (name == "cp")
      add_cpython();
    else
      add_generic(name);
    std::string interpreter;
    if (name == "cp") interpreter = "cp" + version_;
    if (name == "pp") interpreter = "pp3";
    add_compatible(interpreter);
    return std::move(tags_);
  }

 private:
  void add(const std::string& python, const std::string& abi) {
    for (const std::string& platform : platforms_) tags_.push_back({python, abi, platform});
  }

  /// The name of CPython's ABI if the environment does not give it: before 3.8 it ends in `m`, for pymalloc.
  std::string default_abi(const std::string& python) const {
    if (environment_.free_threaded) return python + "t";
    return environment_.version < std::pair{3, 8} ? python + "m" : python;
  }

  void add_cpython() {
    const std::string python = "cp" + version_;
    const std::string abi = environment_.abi.empty() ? default_abi(python) : environment_.abi;
    const std::string letters = abi.starts_with(python) ? abi.substr(python.size()) : "";
    const bool is_threaded = environment_.free_threaded || letters.find('t') != std::string::npos;
    add(python, abi);
    // Since 3.8 debug builds load ordinary extensions.
    if (letters.ends_with('d') && environment_.version >= std::pair{3, 8})
      add(python, python + (is_threaded ? "t" : ""));
    // Free-threaded builds have their own stable ABI and do not load extensions of the other one (PEP 803).
    const char* stable_abi = is_threaded ? "abi3t" : "abi3";
    const bool has_stable_abi = environment_.version >= std::pair{3, is_threaded ? 13 : 2};
    if (has_stable_abi) add(python, stable_abi);
    add(python, "none");
    if (!has_stable_abi) return;
    for (int minor = environment_.version.second - 1; minor >= 2; --minor)
      add("cp" + nodot(environment_.version.first, minor), stable_abi);
  }

  void add_generic(const std::string& name) {
    const std::string python = name + version_;
    if (!environment_.abi.empty() && environment_.abi != "none") add(python, environment_.abi);
    add(python, "none");
  }

  std::vector<std::string> python_range() const {
    const auto [major, minor] = environment_.version;
    std::vector<std::string> range = {"py" + version_, "py" + std::to_string(major)};
    for (int older = minor - 1; older >= 0; --older) range.push_back("py" + nodot(major, older));
    return range;
  }

  void add_compatible(const std::string& interpreter) {
    const std::vector<std::string> range = python_range();
    for (const std::string& python : range) add(python, "none");
    if (!interpreter.empty()) tags_.push_back({interpreter, "none", "any"});
    for (const std::string& python : range) tags_.push_back({python, "none", "any"});
  }

  const TagEnvironment& environment_;
  std::vector<std::string> platforms_;
  std::string version_;
  std::vector<Tag> tags_;
};

/// Far more than real wheels have; limits the memory that three hostile sets can take as a product.
constexpr std::size_t kMostTags = 1000;

bool is_tag_part(std::string_view part) {
  return !part.empty() && std::all_of(part.begin(), part.end(), text::is_ascii_word);
}

using Parts = std::vector<std::string_view>;

/// Appends the parts of one of the three sets, without repeats. False if a part is not valid in a tag or
/// there are too many.
bool append_set(std::string_view set, Parts& parts) {
  const auto begin = static_cast<Parts::difference_type>(parts.size());
  for (;;) {
    const std::size_t dot = set.find('.');
    const std::string_view part = set.substr(0, dot);
    if (!is_tag_part(part) || parts.size() > kMostTags) return false;
    const bool is_repeated = std::any_of(parts.begin() + begin, parts.end(), [&](std::string_view known) {
      return ascii::equal_ignoring_case(known, part);
    });
    if (!is_repeated) parts.push_back(part);
    if (dot == std::string_view::npos) return true;
    set.remove_prefix(dot + 1);
  }
}

std::size_t hash_of(const Tag& tag) {
  const std::hash<std::string_view> hash;
  constexpr std::size_t kMix = 0x9E3779B97F4A7C15U;
  return ((hash(tag.platform) * kMix) ^ hash(tag.python)) * kMix ^ hash(tag.abi);
}

}  // namespace

std::vector<Tag> supported_tags(const TagEnvironment& environment) {
  return TagList(environment).make();
}

Result<std::vector<Tag>> parse_tag(std::string_view tag) {
  const std::size_t first = tag.find('-');
  const std::size_t second = first == std::string_view::npos ? first : tag.find('-', first + 1);
  if (second == std::string_view::npos || tag.find('-', second + 1) != std::string_view::npos)
    return ParseError{
        "a compatibility tag has three parts (python-abi-platform), and " + quote(tag) + " has not", 0};
  Parts parts;
  parts.reserve(8);
  const bool has_pythons = append_set(tag.substr(0, first), parts);
  const std::size_t abis = parts.size();
  const bool has_abis = has_pythons && append_set(tag.substr(first + 1, second - first - 1), parts);
  const std::size_t platforms = parts.size();
  if (!has_abis || !append_set(tag.substr(second + 1), parts))
    return ParseError{"the compatibility tag " + quote(tag) +
                          " has a part that is empty, or a character that may not be there",
                      0};
  if (abis * (platforms - abis) * (parts.size() - platforms) > kMostTags)
    return ParseError{"the compatibility tag " + quote(tag) + " means too many tags", 0};
  if (std::any_of(parts.begin(), parts.begin() + static_cast<Parts::difference_type>(abis),
                  [](std::string_view python) { return ascii::is_digit(python.front()); }))
    return ParseError{"the compatibility tag " + quote(tag) + " names no implementation", 0};

  std::vector<Tag> tags;
  tags.reserve(abis * (platforms - abis) * (parts.size() - platforms));
  for (std::size_t python = 0; python < abis; ++python)
    for (std::size_t abi = abis; abi < platforms; ++abi)
      for (std::size_t platform = platforms; platform < parts.size(); ++platform)
        tags.push_back(
            {ascii::to_lower(parts[python]), ascii::to_lower(parts[abi]), ascii::to_lower(parts[platform])});
  return tags;
}

TagPriority::TagPriority(std::vector<Tag> tags) : tags_(std::move(tags)) {
  std::size_t size = 8;
  while (size < 2 * tags_.size()) size *= 2;
  slots_.resize(size, kFree);
  for (std::size_t i = 0; i < tags_.size(); ++i)
    if (std::size_t& slot = slots_[slot_of(tags_[i])]; slot == kFree) slot = i;
}

/// The slot of the tag, or the free slot in which it would be stored.
std::size_t TagPriority::slot_of(const Tag& tag) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = hash_of(tag) & mask;
  while (slots_[slot] != kFree && tags_[slots_[slot]] != tag) slot = (slot + 1) & mask;
  return slot;
}

std::optional<std::size_t> TagPriority::rank(const std::vector<Tag>& wheel_tags) const {
  std::size_t best = kFree;
  for (const Tag& tag : wheel_tags) best = std::min(best, slots_[slot_of(tag)]);
  if (best == kFree) return std::nullopt;
  return best;
}

}  // namespace pypackaging
