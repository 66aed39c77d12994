#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "python/settings/resolution_settings.h"

namespace envstore {

/// Nanoseconds since 1970; files that were uploaded later are ignored.
struct UploadCutoffs {
  std::optional<std::int64_t> general_ns;
  std::map<std::string, std::optional<std::int64_t>> packages;  ///< overrides, by normalised name
  bool moves = false;  ///< the general one differs in every resolution

  std::optional<std::int64_t> of(const std::string& name) const {
    const auto own = packages.find(name);
    return own == packages.end() ? general_ns : own->second;
  }
};

/// The cut-offs as points in time; spans count back from `now_ns`.
UploadCutoffs upload_cutoffs(const ResolutionSettings& settings, std::int64_t now_ns);

}  // namespace envstore
