#pragma once
#include <string>

#include "python/settings/requirements_file.h"

namespace envstore {

/// Reads a file that is accepted in place of a requirements file: from a script (.py, .pyw) the dependencies,
/// indexes and constraints of its metadata block, from a pyproject.toml `project.dependencies`. Returns false
/// if the name of `path` is of neither kind. Throws Error{invalid_input, unsupported}.
bool read_other_kind(const std::string& path, const std::string& bytes, RequirementsFile& out);

}  // namespace envstore
