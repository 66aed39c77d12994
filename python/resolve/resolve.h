#pragma once
#include <map>
#include <string>

#include "pypackaging/resolver.h"
#include "python/interpreter/interpreter.h"
#include "python/lock/lock.h"
#include "python/resolve/layers.h"
#include "python/resolve/pins.h"
#include "python/resolve/progress.h"

namespace envstore {

/// Facts about packages for one resolution, and the files of its result.
class FileSource : public pypackaging::PackageSource {
 public:
  /// The file of a pinned version. Throws Error{unresolvable}: there is none.
  virtual IndexFile file_of(const std::string& name, const pypackaging::Pin& pin) = 0;
};

/// Versions that a resolution takes if the requirements allow them.
struct PreferredVersions {
  Pins below;    ///< of the layers below. If they are all possible none of them is changed.
  Pins earlier;  ///< of an earlier answer to the same request; `below` has priority
};

/// Layer -> Lock. Depends on its arguments only: what is on disk or on the network comes from `source`, whose
/// errors pass through unchanged. If the versions below cannot be kept, those of this layer hide them, with a
/// warning. Throws Error{unresolvable} with an explanation, Error{invalid_input} for a version that would be
/// taken but whose file is damaged: no older version is used in its place.
Lock resolve_layer(const Layer& layer, const Interpreter& interpreter, const PreferredVersions& preferred,
                   FileSource& source, Progress& progress);

/// Throws Error{unsupported} if its version is not one.
pypackaging::Version python_version(const Interpreter& interpreter);

}  // namespace envstore
