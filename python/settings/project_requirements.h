#pragma once
#include <string>

#include "python/settings/requirements_file.h"

namespace envstore {

/// Reads what stands for a requirements file: a script (.py, .pyw) gives the dependencies of its metadata
/// block with the indexes and constraints that it sets, a pyproject.toml its `project.dependencies`. False:
/// `path` has another name. Throws Error{invalid_input, unsupported}.
bool read_other_kind(const std::string& path, const std::string& bytes, RequirementsFile& out);

}  // namespace envstore
