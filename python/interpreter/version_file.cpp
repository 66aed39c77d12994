#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "python/interpreter/interpreter.h"
#include "store/platform/environment.h"
#include "store/platform/error.h"
#include "store/platform/files.h"
#include "store/platform/path_parts.h"
#include "store/platform/text.h"
#include "store/platform/user_file.h"

namespace envstore {
namespace {

constexpr std::size_t kLargestVersionFile = 64 * 1024;

std::vector<std::string> lines_of(const std::string& content) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < content.size();) {
    const std::size_t end = std::min(content.find_first_of("\r\n", at), content.size());
    std::string_view line = std::string_view(content).substr(at, end - at);
    at = end + 1;
    line = trimmed(line.substr(0, line.find('#')));
    if (!line.empty()) lines.emplace_back(line);
  }
  return lines;
}

std::optional<std::string> content_of(const std::string& path) {
  try {
    const auto stamp = stat_at(AT_FDCWD, path, Links::follow);
    if (!stamp || !stamp->is_regular()) return std::nullopt;
    return read_user_text(path, kLargestVersionFile);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::permission)
      return std::nullopt;  // a parent folder that the user may not read
    throw;
  }
}

bool is_installation(const std::string& folder) {
  return access((folder + "/bin/python").c_str(), X_OK) == 0;
}

std::string pyenv_versions(const std::string& home) {
  const std::string root = variable_or_empty("PYENV_ROOT");
  return (root.empty() ? home + "/.pyenv" : root) + "/versions/";
}

InterpreterRequest path_request(const std::string& path) {
  InterpreterRequest request;
  request.kind = InterpreterRequest::Kind::path;
  request.text = path;
  return request;
}

/// nullopt: an executable name, or not a request.
std::optional<InterpreterRequest> parsed(const std::string& text) {
  if (text.ends_with("-dev")) return std::nullopt;  // a pyenv development build, not 3.12.dev0
  try {
    InterpreterRequest request = InterpreterRequest::parse(text);
    if (request.kind == InterpreterRequest::Kind::executable_name) return std::nullopt;
    return request;
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace

std::optional<PythonVersionFile> find_python_version_file(const std::string& directory) {
  for (std::string at = absolute_path(directory);; at.resize(at.rfind('/'))) {
    if (at == "/") at.clear();
    for (const char* name : {"/.python-version", "/.python-versions"}) {
      std::string path = at + name;
      std::vector<std::string> lines = lines_of(content_of(path).value_or(""));
      if (!lines.empty()) return PythonVersionFile{std::move(path), std::move(lines)};
    }
    if (at.empty()) return std::nullopt;
  }
}

std::optional<InterpreterRequest> version_file_request(const std::string& line, const std::string& file,
                                                       const std::string& home) {
  // pyenv allows several versions in one line; only the first is used.
  const std::string word = line.substr(0, line.find_first_of(" \t"));
  const std::string folder = directory_of(file) + "/";
  for (const std::string& text : {line, word}) {
    auto request = parsed(text);
    if (!request) continue;
    const bool is_path = request->kind == InterpreterRequest::Kind::path;
    if (!is_path || text.starts_with('/') || text.starts_with('~')) return request;
    if (stat_at(AT_FDCWD, folder + text, Links::follow) || text.find("/envs/") == std::string::npos)
      return path_request(folder + text);
  }
  const bool is_below = word.find("..") == std::string::npos && !word.starts_with('.');
  if (is_below && is_installation(pyenv_versions(home) + word))
    return path_request(pyenv_versions(home) + word);
  // VERSION/envs/NAME is a virtual environment of that version.
  if (const std::size_t slash = word.find("/envs/"); slash != std::string::npos)
    return parsed(word.substr(0, slash));
  return std::nullopt;
}

}  // namespace envstore
