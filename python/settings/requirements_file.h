#pragma once
#include <optional>
#include <string>
#include <vector>

#include "pypackaging/requirement.h"
#include "python/index/index_client.h"
#include "python/settings/direct_requirement.h"
#include "python/wheel/file_digest.h"

namespace envstore {

/// A requirements file in pip's format: requirements, `-r`, `-c`, index options, `--hash`, `--pre`, comments,
/// continuation lines, `${VARIABLE}`, in UTF-8, UTF-16 or the encoding that a comment declares. Also what
/// stands for one: a script (the dependencies and index settings of its metadata block) and a pyproject.toml
/// (`project.dependencies`).
struct RequirementsFile {
  std::vector<pypackaging::Requirement> requirements, constraints;
  RequiredHashes hashes;  ///< of --hash, and whether --require-hashes is there
  std::optional<IndexLocation> default_index;
  std::vector<IndexLocation> extra_indexes, find_links;
  bool no_index = false, allow_prereleases = false;
  std::vector<std::string> files;  ///< every file that was read, absolute: the answer depends on them
  std::vector<std::string>
      variables;  ///< every `${NAME}` in them, sorted, each once: it depends on these, too
};

/// Throws Error{invalid_input} with file and line, also for a hash that cannot be checked or proves nothing;
/// `-e`, source folders and repositories are Error{unsupported}.
RequirementsFile read_requirements_file(const std::string& path);

}  // namespace envstore
