#pragma once
#include <string>
#include <vector>

#include "pypackaging/requirement.h"

namespace envstore {

/// `[build-system]` of a source tree (PEP 517, 518).
struct BuildSystem {
  std::vector<pypackaging::Requirement> requirements;  ///< `requires`
  std::string backend;                                 ///< "module" or "module:object"
  std::vector<std::string> backend_path;               ///< folders, relative to the tree and inside it
};

/// The build system of the tree in `source_directory`. Without pyproject.toml or without the table:
/// `setuptools.build_meta:__legacy__` with setuptools >= 40.8.0; a table without `build-backend` gets the
/// same backend. Throws Error{invalid_input} with line and column, also for a `backend-path` that leads
/// outside and for a tree that has neither pyproject.toml nor setup.py.
BuildSystem read_build_system(const std::string& source_directory);

}  // namespace envstore
