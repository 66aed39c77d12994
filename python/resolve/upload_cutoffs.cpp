#include "python/resolve/upload_cutoffs.h"

namespace envstore {

UploadCutoffs upload_cutoffs(const ResolutionSettings& settings, std::int64_t now_ns) {
  const auto moment = [&](const UploadCutoff& cutoff) {
    return cutoff.is_span ? now_ns - cutoff.ns : cutoff.ns;
  };
  UploadCutoffs result;
  if (settings.exclude_newer) result.general_ns = moment(*settings.exclude_newer);
  result.moves = settings.exclude_newer && settings.exclude_newer->is_span;
  for (const auto& [name, cutoff] : settings.exclude_newer_packages)
    result.packages[name] = cutoff ? std::optional(moment(*cutoff)) : std::nullopt;
  return result;
}

}  // namespace envstore
