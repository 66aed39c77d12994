#pragma once
#include <optional>
#include <string>
#include <vector>

#include "pypackaging/requirement.h"
#include "python/index/index_client.h"
#include "python/wheel/file_digest.h"

namespace envstore {

/// A requirements file in pip's format: requirements, `-r`, `-c`, index options, `--hash`, `--pre`, comments,
/// continuation lines, `${VARIABLE}`.
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

/// One requirement as a user writes it on the command line or in such a file: PEP 508, or the path or address
/// of a wheel (`./x.whl`), relative to `directory`. Throws Error{usage}.
pypackaging::Requirement parse_user_requirement(const std::string& text, const std::string& directory);

}  // namespace envstore
