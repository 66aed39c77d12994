#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "pypackaging/specifier.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  // The input is a candidate version, a line feed, and the specifiers.
  const std::size_t line = text.find('\n');
  const auto set =
      pypackaging::SpecifierSet::parse(line == std::string_view::npos ? text : text.substr(line + 1));
  if (!set) {
    if (set.error().position > size) std::abort();
    return 0;
  }
  const auto again = pypackaging::SpecifierSet::parse(set->canonical());
  if (!again || *again != *set) std::abort();
  const std::string_view candidate = text.substr(0, line);
  const auto version = pypackaging::Version::parse(candidate);
  if (version && set->matches(*version) != again->matches(*version)) std::abort();
  return set->contains_text(candidate) && !set->contains_text(candidate, pypackaging::Prereleases::allow)
             ? (std::abort(), 0)
             : 0;
}
