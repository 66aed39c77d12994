#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "../operation.h"
#include "pypackaging/resolver.h"
#include "pypackaging/tags.h"

namespace pypackaging::probe {

/// The value, or a refusal that names the text.
template <class T>
T parsed(Result<T> result, const std::string& text) {
  if (!result) throw Refused("'" + text + "': " + result.error().message);
  return std::move(result.value());
}

/// The field, or `fallback` when it is absent or null.
inline Json field(const Json& object, const char* name, Json fallback) {
  const auto found = object.find(name);
  if (found == object.end() || found->is_null()) return fallback;
  return *found;
}

/// A package index out of JSON: {NAME: {VERSION: {...}}}. Everything is parsed, and refused, at construction.
class DescribedSource : public PackageSource {
 public:
  DescribedSource(const Json& packages, const TagPriority* tags);

  const PackageOffer& versions(const std::string& name) override;
  std::variant<Dependencies, Unavailable> dependencies(const std::string& name,
                                                       const Version& version) override;
  std::variant<std::pair<Version, Dependencies>, Unavailable> direct(const std::string& name,
                                                                     const std::string& url) override;

 private:
  struct Described {
    PackageOffer offer;
    std::vector<Dependencies> dependencies;  ///< beside offer.versions
  };

  std::map<std::string, Described> packages_;
  PackageOffer nowhere_;
};

}  // namespace pypackaging::probe
