#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "pypackaging/requirement.h"
#include "python/index/index_client.h"
#include "python/settings/build_settings.h"
#include "python/settings/direct_requirement.h"
#include "python/wheel/file_digest.h"

namespace envstore {

/// A requirements file in pip's format: requirements, `-r`, `-c`, index options, `--hash`, `--pre`, comments,
/// continuation lines, `${VARIABLE}`, in UTF-8, UTF-16 or the encoding that a comment declares. Also a file
/// that is accepted in its place: a script (the dependencies and index settings of its metadata block) or a
/// pyproject.toml (`project.dependencies`).
struct RequirementsFile {
  std::vector<pypackaging::Requirement> requirements, constraints;
  RequiredHashes hashes;  ///< from --hash; also whether --require-hashes is given
  std::optional<IndexLocation> default_index;
  std::vector<IndexLocation> extra_indexes, find_links;
  bool no_index = false, allow_prereleases = false;
  BuildSettings build;             ///< --no-binary and --only-binary; --config-settings of requirements
  bool is_fetched = false;         ///< something was fetched, so that no file shows whether it changes
  std::vector<std::string> files;  ///< absolute paths of all files read; the result depends on them
  std::vector<std::string>
      variables;  ///< names of all `${NAME}` references, sorted, unique; the result depends on them
};

/// Throws Error{invalid_input} with file and line, also for a hash that cannot be checked or whose algorithm
/// is weak. Throws Error{unsupported} for `-e`, source directories and repositories.
/// `path_or_url`: a path, or a URL for `fetch`, which returns the bytes; without it, URLs are an error.
using FetchText = std::function<std::string(const std::string& url)>;
RequirementsFile read_requirements_file(const std::string& path_or_url, const FetchText& fetch = {});

}  // namespace envstore
