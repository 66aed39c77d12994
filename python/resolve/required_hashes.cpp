#include "python/resolve/required_hashes.h"

#include "python/resolve/index_source.h"
#include "store/platform/error.h"

namespace envstore {

RequiredHashes required_hashes(const Layer& layer, const Interpreter& interpreter) {
  RequiredHashes required = layer.hashes;
  required.for_all = required.for_all || layer.settings.require_hashes;
  if (!required.are_required()) return required;
  for (const pypackaging::Requirement& requirement : layer.requirements) {
    const auto applies =
        requirement.marker.evaluate({interpreter.markers, {}, {}, pypackaging::MarkerContext::requirement});
    if (!applies || !*applies || required.allowed.contains(requirement.normalized_name)) continue;
    FileDigests hashes;
    if (requirement.url)
      for (const FileDigest& hash : direct_file(requirement.normalized_name, *requirement.url).hashes)
        if (is_strong_algorithm(hash.algorithm)) hashes.add(hash);
    if (hashes.empty())
      throw Error(ErrorKind::invalid_input,
                  "cannot install '" + requirement.name + "': hashes are required, and none is given for it",
                  "give each requirement its --hash=sha256:... in the requirements file, or leave "
                  "--require-hashes and every --hash away");
    required.allowed.emplace(requirement.normalized_name, std::move(hashes));
  }
  return required;
}

}  // namespace envstore
