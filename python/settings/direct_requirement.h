#pragma once
#include <string>

#include "pypackaging/requirement.h"

namespace envstore {

/// Parses one requirement as a user writes it on the command line or in a requirements file; paths are
/// relative to `directory`. Accepts PEP 508 and the extensions of pip and uv: the path or URL of a wheel with
/// extras and marker (`./x.whl[extra] ; marker`), and a path after `name @`. Throws Error{usage}.
pypackaging::Requirement parse_user_requirement(const std::string& text, const std::string& directory);

}  // namespace envstore
