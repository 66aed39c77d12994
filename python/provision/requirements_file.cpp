#include "python/provision/requirements_file.h"

#include <fcntl.h>

#include <algorithm>
#include <set>

#include "pypackaging/filename.h"
#include "store/platform/environment.h"
#include "store/platform/error.h"
#include "store/platform/files.h"
#include "store/platform/path_parts.h"
#include "store/platform/terminal_text.h"
#include "store/platform/text.h"

namespace envstore {
namespace {

using pypackaging::Requirement;

struct LogicalLine {
  std::string text;
  std::size_t number;
};

/// Comments begin a line or follow white space.
std::string without_comment(const std::string& line) {
  for (std::size_t at = line.find('#'); at != std::string::npos; at = line.find('#', at + 1))
    if (at == 0 || line[at - 1] == ' ' || line[at - 1] == '\t') return line.substr(0, at);
  return line;
}

std::vector<LogicalLine> logical_lines(const std::string& content) {
  std::vector<LogicalLine> lines;
  std::string pending;
  std::size_t number = 0, first = 0;
  for (std::size_t begin = 0; begin <= content.size();) {
    std::size_t end = content.find('\n', begin);
    if (end == std::string::npos) end = content.size();
    std::string line = content.substr(begin, end - begin);
    begin = end + 1;
    ++number;
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (pending.empty()) first = number;
    const bool is_comment = trimmed(line).starts_with('#');
    if (!is_comment && line.ends_with('\\') && begin <= content.size()) {
      pending += line.substr(0, line.size() - 1) + " ";
      continue;
    }
    if (std::string text(trimmed(without_comment(pending + (is_comment ? "" : line)))); !text.empty())
      lines.push_back({std::move(text), first});
    pending.clear();
  }
  return lines;
}

bool is_variable_character(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// `${NAME}`; a variable that is not set stays as written, as pip has it. `names`: what was looked at.
std::string with_variables(std::string text, std::set<std::string>& names) {
  for (std::size_t at = text.find("${"); at != std::string::npos; at = text.find("${", at)) {
    std::size_t end = at + 2;
    while (end < text.size() && is_variable_character(text[end])) ++end;
    const bool is_reference = end < text.size() && text[end] == '}' && end > at + 2;
    const std::string name = is_reference ? text.substr(at + 2, end - at - 2) : "";
    if (is_reference) names.insert(name);
    const auto value = is_reference ? find_variable(name) : std::nullopt;
    if (!value) {
      at = end;
      continue;
    }
    text.replace(at, end + 1 - at, *value);
    at += value->size();
  }
  return text;
}

std::string in_directory(const std::string& path, const std::string& directory) {
  return absolute_path(path.starts_with('/') ? path : directory + "/" + path);
}

IndexLocation location(const std::string& text, const std::string& directory, bool is_find_links) {
  IndexLocation result;
  result.url = text.find("://") == std::string::npos ? in_directory(text, directory) : text;
  result.is_find_links = is_find_links;
  return result;
}

class FileReader {
 public:
  explicit FileReader(RequirementsFile& out) : out_(out) {}

  void read_all(const std::string& path) {
    read(path, false);
    out_.variables.assign(variables_.begin(), variables_.end());
  }

 private:
  void read(const std::string& path, bool is_constraints) {
    const std::string absolute = absolute_path(path);
    if (!seen_.insert(absolute).second) return;
    out_.files.push_back(absolute);
    for (const LogicalLine& line : logical_lines(read_file(AT_FDCWD, absolute)))
      take({absolute, directory_of(absolute), line.number, is_constraints},
           with_variables(line.text, variables_));
  }

  struct Place {
    std::string file, directory;
    std::size_t number;
    bool is_constraints;
  };

  [[noreturn]] static void fail(const Place& place, ErrorKind kind, const std::string& reason) {
    throw Error(kind,
                "cannot read '" + place.file + "': line " + std::to_string(place.number) + ": " + reason);
  }

  void take(const Place& place, const std::string& line) {
    if (line.starts_with('-'))
      take_option(place, line);
    else
      take_requirement(place, line);
  }

  void take_option(const Place& place, const std::string& line) {
    const std::size_t end = line.find_first_of(" =\t");
    std::string option = line.substr(0, end);
    std::string value =
        end == std::string::npos ? "" : std::string(trimmed(std::string_view(line).substr(end + 1)));
    if (!option.starts_with("--") && option.size() > 2) {  // -rfile
      value = option.substr(2);
      option.resize(2);
    }
    const bool takes_value =
        option != "--pre" && option != "--no-index" && option != "--require-hashes" && !is_ignored(option);
    if (is_known(option) && takes_value && value.empty())
      fail(place, ErrorKind::invalid_input, "'" + option + "' needs a value");
    if (option == "-r" || option == "--requirement")
      read(in_directory(value, place.directory), place.is_constraints);
    else if (option == "-c" || option == "--constraint")
      read(in_directory(value, place.directory), true);
    else if (option == "-i" || option == "--index-url")
      out_.default_index = location(value, place.directory, false);
    else if (option == "--extra-index-url")
      out_.extra_indexes.push_back(location(value, place.directory, false));
    else if (option == "-f" || option == "--find-links")
      out_.find_links.push_back(location(value, place.directory, true));
    else if (option == "--no-index")
      out_.no_index = true;
    else if (option == "--pre")
      out_.allow_prereleases = true;
    else if (option == "--require-hashes")
      out_.hashes.for_all = true;
    else if (option == "-e" || option == "--editable")
      fail(place, ErrorKind::unsupported, "editable source folders are not built; give a wheel");
    else if (!is_ignored(option))
      fail(place, ErrorKind::invalid_input, "the option '" + option + "' is not known");
  }

  static bool is_known(const std::string& option) {
    static const std::set<std::string> known = {"-r",
                                                "--requirement",
                                                "-c",
                                                "--constraint",
                                                "-i",
                                                "--index-url",
                                                "-f",
                                                "--find-links",
                                                "-e",
                                                "--editable",
                                                "--extra-index-url"};
    return known.contains(option);
  }

  /// Options about building and trust that change nothing where only wheels are used.
  static bool is_ignored(const std::string& option) {
    static const std::set<std::string> ignored = {"--no-binary",    "--only-binary", "--prefer-binary",
                                                  "--trusted-host", "--use-feature", "--config-settings"};
    return ignored.contains(option);
  }

  void take_requirement(const Place& place, const std::string& line) {
    const std::size_t options = line.find(" --");
    Requirement requirement;
    try {
      requirement = parse_user_requirement(std::string(trimmed(line.substr(0, options))), place.directory);
    } catch (const Error& error) {
      fail(place, ErrorKind::invalid_input, error.what());
    }
    if (options != std::string::npos) take_hashes(place, requirement, line.substr(options));
    (place.is_constraints ? out_.constraints : out_.requirements).push_back(std::move(requirement));
  }

  void take_hashes(const Place& place, const Requirement& requirement, const std::string& text) {
    constexpr std::string_view kHash = "--hash";
    for (std::size_t at = text.find("--"); at != std::string::npos; at = text.find("--", at + 2)) {
      if (text.compare(at, kHash.size(), kHash) != 0)
        fail(place, ErrorKind::invalid_input, "an option that is not known follows the requirement");
      const std::size_t begin = text.find_first_not_of(" =\t", at + kHash.size());
      const std::string value =
          text.substr(std::min(begin, text.size()), text.find_first_of(" \t", begin) - begin);
      out_.hashes.allowed[requirement.normalized_name].add(demanded_hash(place, value));
    }
  }

  /// What is demanded must be checked, so what cannot be is an error.
  static FileDigest demanded_hash(const Place& place, const std::string& value) {
    const std::size_t colon = std::min(value.find(':'), value.size());
    const std::string algorithm = value.substr(0, colon);
    const auto hash = FileDigest::read(algorithm, value.substr(std::min(colon + 1, value.size())));
    if (!hash)
      fail(place, ErrorKind::invalid_input,
           "the hash '" + terminal_line(value) + "' cannot be checked: it must be one of " +
               strong_algorithms());
    if (!is_strong_algorithm(hash->algorithm))
      fail(place, ErrorKind::invalid_input,
           hash->algorithm + " proves nothing: a demanded hash must be one of " + strong_algorithms());
    if (hash->hex.empty())
      fail(
          place, ErrorKind::invalid_input,
          "the hash '" + terminal_line(value) + "' cannot be checked: what follows is no " + hash->algorithm);
    return *hash;
  }

  RequirementsFile& out_;
  std::set<std::string> seen_, variables_;
};

bool looks_like_file(const std::string& text) {
  return text.ends_with(".whl") && text.find(" @ ") == std::string::npos &&
         text.find_first_of(";<>=!~ ") == std::string::npos;
}

/// A path or address of a wheel names its project itself.
std::string as_direct_reference(const std::string& text, const std::string& directory) {
  const std::string name = name_of(text);
  const auto wheel = pypackaging::WheelFilename::parse(name);
  if (!wheel) throw Error(ErrorKind::usage, "cannot use '" + text + "': " + wheel.error().message);
  const bool is_url = text.find("://") != std::string::npos;
  return wheel->name + " @ " + (is_url ? text : "file://" + in_directory(text, directory));
}

}  // namespace

Requirement parse_user_requirement(const std::string& text, const std::string& directory) {
  const std::string written = looks_like_file(text) ? as_direct_reference(text, directory) : text;
  auto requirement = Requirement::parse(written);
  if (requirement) return std::move(*requirement);
  const bool is_path =
      text.starts_with('.') || text.starts_with('/') || text.find("://") != std::string::npos;
  if (is_path)
    throw Error(ErrorKind::usage,
                "cannot use '" + text + "': only wheels (.whl) can be given by path or address",
                "source folders, archives and repositories are not built");
  throw Error(ErrorKind::usage,
              "cannot use '" + text + "': " + requirement.error().message + " (at character " +
                  std::to_string(requirement.error().position + 1) + ")",
              "a requirement reads like 'numpy', 'numpy>=2' or 'requests[socks]<3'");
}

RequirementsFile read_requirements_file(const std::string& path) {
  RequirementsFile file;
  FileReader(file).read_all(path);
  return file;
}

}  // namespace envstore
