#include "python/settings/requirements_file.h"

#include <algorithm>
#include <set>
#include <utility>

#include "python/network/url.h"
#include "python/settings/project_requirements.h"
#include "store/platform/environment.h"
#include "store/platform/error.h"
#include "store/platform/files.h"
#include "store/platform/path_parts.h"
#include "store/platform/terminal_text.h"
#include "store/platform/text.h"
#include "store/platform/text_encoding.h"
#include "store/platform/user_file.h"

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
    if (at == 0 || kWhiteSpace.find(line[at - 1]) != std::string_view::npos) return line.substr(0, at);
  return line;
}

/// Lines that end in LF, CRLF or CR.
std::vector<std::string> physical_lines(const std::string& content) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < content.size();) {
    const std::size_t end = std::min(content.find_first_of("\r\n", begin), content.size());
    lines.push_back(content.substr(begin, end - begin));
    begin = end + (content.compare(end, 2, "\r\n") == 0 ? 2 : 1);
  }
  return lines;
}

/// A line that ends in a backslash continues on the next one; a comment line ends it.
std::vector<LogicalLine> logical_lines(const std::string& content) {
  std::vector<LogicalLine> lines;
  std::string pending;
  std::size_t first = 0;
  const std::vector<std::string> physical = physical_lines(content);
  for (std::size_t i = 0; i < physical.size(); ++i) {
    std::string line = physical[i];
    if (pending.empty()) first = i + 1;
    const bool is_comment = trimmed(line).starts_with('#');
    const bool goes_on = !is_comment && line.ends_with('\\');
    if (goes_on) line.pop_back();
    if (trimmed(line).starts_with('-')) pending += ' ';  // an option is a separate word
    if (!is_comment) pending += line;
    if (goes_on && i + 1 < physical.size()) continue;
    if (std::string text(trimmed(without_comment(pending))); !text.empty())
      lines.push_back({std::move(text), first});
    pending.clear();
  }
  return lines;
}

bool is_variable_character(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// Expands `${NAME}`; a reference to an unset variable stays as written, as in pip. `names` receives the
/// names of all references.
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
  result.url = is_index_address(text) ? checked_index_address(text) : in_directory(text, directory);
  result.is_find_links = is_find_links;
  return result;
}

/// Words as a shell splits them: quotes and backslashes keep blanks.
std::vector<std::string> shell_words(std::string_view line) {
  std::vector<std::string> words;
  std::string word;
  bool is_word = false;
  char quote = 0;
  for (std::size_t at = 0; at < line.size(); ++at) {
    const char c = line[at];
    if (quote == 0 && (c == ' ' || c == '\t')) {
      if (is_word) words.push_back(std::exchange(word, {}));
      is_word = false;
      continue;
    }
    is_word = true;
    if (c == quote) {
      quote = 0;
    } else if (quote == 0 && (c == '"' || c == '\'')) {
      quote = c;
    } else if (c == '\\' && quote != '\'' && at + 1 < line.size()) {
      word += line[++at];
    } else {
      word += c;
    }
  }
  if (is_word) words.push_back(word);
  return words;
}

/// The position at which the options after a requirement begin.
std::size_t find_options(const std::string& line) {
  for (std::size_t at = line.find("--"); at != std::string::npos; at = line.find("--", at + 1))
    if (at > 0 && (line[at - 1] == ' ' || line[at - 1] == '\t')) return at - 1;
  return std::string::npos;
}

class FileReader {
 public:
  FileReader(RequirementsFile& out, const FetchText& fetch) : out_(out), fetch_(fetch) {}

  void read_all(const std::string& path) {
    read(path, false);
    out_.variables.assign(variables_.begin(), variables_.end());
  }

 private:
  void read(const std::string& path, bool is_constraints) {
    const bool is_remote = is_url(path);
    const std::string absolute = is_remote ? path : absolute_path(path);
    if (!seen_.insert(absolute).second) return;
    if (is_remote && !fetch_)
      throw Error(ErrorKind::unsupported, "cannot fetch '" + without_credentials(absolute) + "' here");
    if (is_remote)
      out_.is_fetched = true;
    else
      out_.files.push_back(absolute);
    std::string bytes = is_remote ? fetch_(absolute) : bytes_of(absolute);
    const std::string shown = without_credentials(absolute);
    if (read_other_kind(shown, bytes, out_)) return;
    const std::string encoding = declared_encoding(bytes);
    for (const LogicalLine& line : logical_lines(decode_declared_text(std::move(bytes), encoding, shown)))
      take({shown, folder_of(absolute), line.number, is_constraints, is_remote ? absolute : ""},
           with_variables(line.text, variables_));
  }

  /// A path can contain "://", too, but a scheme has neither slashes nor blanks.
  static bool is_url(std::string_view written) {
    const std::string_view scheme = written.substr(0, written.find("://"));
    return !scheme.empty() && scheme.size() < written.size() &&
           std::all_of(scheme.begin(), scheme.end(), [](char c) {
             return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' ||
                    c == '-' || c == '.';
           });
  }

  /// A shell's pipe or standard input has no directory: relative paths start at the working directory.
  static std::string folder_of(const std::string& file) {
    return is_url(file) || file.starts_with("/dev/") || file.starts_with("/proc/") ? current_directory()
                                                                                   : directory_of(file);
  }

  static std::string bytes_of(const std::string& path) {
    constexpr std::size_t kLimit = std::size_t{1} << 28;
    if (auto bytes = read_user_file(path, kLimit)) return std::move(*bytes);
    throw Error(ErrorKind::not_found, "cannot read '" + path + "': no such file");
  }

  struct LineContext {
    std::string file, directory;
    std::size_t number;
    bool is_constraints;
    std::string url;  ///< of a file that was fetched
  };

  [[noreturn]] static void fail(const LineContext& context, ErrorKind kind, const std::string& reason) {
    throw Error(kind,
                "cannot read '" + context.file + "': line " + std::to_string(context.number) + ": " + reason);
  }

  void take(const LineContext& context, const std::string& line) {
    if (line.starts_with('-'))
      take_options(context, line);
    else
      take_requirement(context, line);
  }

  /// A line may have several options. A path may contain blanks: words that are not options belong to the
  /// value before them.
  void take_options(const LineContext& context, const std::string& line) {
    const std::vector<std::string> words = shell_words(line);
    for (std::size_t i = 0; i < words.size();) {
      std::string option = words[i], value;
      const std::size_t equals = option.find('=');
      if (option.starts_with("--") && equals != std::string::npos) {
        value = option.substr(equals + 1);
        option.resize(equals);
      } else if (!option.starts_with("--") && option.size() > 2) {  // -rfile
        value = option.substr(option[2] == '=' ? 3 : 2);
        option.resize(2);
      }
      for (++i; i < words.size() && !words[i].starts_with('-'); ++i)
        value += (value.empty() ? "" : " ") + words[i];
      take_option(context, option, value);
    }
  }

  void take_option(const LineContext& context, const std::string& option, const std::string& value) {
    if (is_known(option) && value.empty())
      fail(context, ErrorKind::invalid_input, "'" + option + "' needs a value");
    if (option == "-r" || option == "--requirement")
      include(context, value, context.is_constraints);
    else if (option == "-c" || option == "--constraint")
      include(context, value, true);
    else if (option == "-i" || option == "--index-url")
      out_.default_index = index_of(context, value, false);
    else if (option == "--extra-index-url")
      out_.extra_indexes.push_back(index_of(context, value, false));
    else if (option == "-f" || option == "--find-links")
      out_.find_links.push_back(index_of(context, value, true));
    else if (option == "--no-index")
      out_.no_index = true;
    else if (option == "--pre")
      out_.allow_prereleases = true;
    else if (option == "--require-hashes")
      out_.hashes.for_all = true;
    else if (option == "--no-binary")
      add_packages(value, out_.build.no_binary, out_.build.no_binary_packages);
    else if (option == "--only-binary")
      add_packages(value, out_.build.no_build, out_.build.no_build_packages);
    else if (option == "--config-settings")
      take_config_setting(context, value);
    else if (option == "-e" || option == "--editable")
      fail(context, ErrorKind::unsupported, "editable source folders are not built; give a wheel");
    else if (!is_ignored(option))
      fail(context, ErrorKind::invalid_input, "the option '" + option + "' is not known");
  }

  static IndexLocation index_of(const LineContext& context, const std::string& written, bool is_find_links) {
    try {
      return location(written, context.directory, is_find_links);
    } catch (const Error& error) {
      fail(context, error.kind(), error.what());
    }
  }

  void include(const LineContext& context, const std::string& written, bool is_constraints) {
    read(included(context, written), is_constraints);
  }

  /// The path or URL of a file that is included: relative to the one that includes it.
  std::string included(const LineContext& context, const std::string& written) {
    if (const auto path = is_url(written) ? local_path(written) : std::nullopt) return *path;
    if (!is_url(written) && context.url.empty()) return in_directory(written, context.directory);
    const auto base = Url::parse(context.url.empty() ? written : context.url);
    const auto url = base ? resolve_url(*base, written) : std::nullopt;
    if (!url || !url->is_http() || !fetch_)
      fail(context, ErrorKind::unsupported, "'" + without_credentials(written) + "' cannot be fetched");
    if (is_url(written)) return written;
    Url complete = *url;
    if (complete.origin() == base->origin()) complete.userinfo = base->userinfo;
    return complete.text();
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
                                                "--extra-index-url",
                                                "--no-binary",
                                                "--only-binary",
                                                "--config-settings"};
    return known.contains(option);
  }

  static bool is_ignored(const std::string& option) {
    static const std::set<std::string> ignored = {"--prefer-binary", "--trusted-host", "--use-feature"};
    return ignored.contains(option);
  }

  void take_config_setting(const LineContext& context, const std::string& value) {
    if (!add_backend_setting(value, out_.build.config))
      fail(context, ErrorKind::invalid_input, "'" + terminal_line(value) + "' is not KEY=VALUE");
  }

  void take_requirement(const LineContext& context, const std::string& line) {
    const std::size_t options = find_options(line);
    Requirement requirement;
    try {
      requirement = parse_user_requirement(std::string(trimmed(line.substr(0, options))), context.directory);
    } catch (const Error& error) {
      fail(context, ErrorKind::invalid_input, error.what());
    }
    if (options != std::string::npos) take_hashes(context, requirement, line.substr(options));
    (context.is_constraints ? out_.constraints : out_.requirements).push_back(std::move(requirement));
  }

  void take_hashes(const LineContext& context, const Requirement& requirement, const std::string& text) {
    constexpr std::string_view kHash = "--hash";
    for (std::size_t at = text.find("--"); at != std::string::npos; at = text.find("--", at + 2)) {
      if (text.compare(at, kHash.size(), kHash) != 0)
        fail(context, ErrorKind::invalid_input, "an option that is not known follows the requirement");
      const std::size_t begin = text.find_first_not_of(" =\t", at + kHash.size());
      const std::string value =
          text.substr(std::min(begin, text.size()), text.find_first_of(" \t", begin) - begin);
      out_.hashes.allowed[requirement.normalized_name].add(demanded_hash(context, value));
    }
  }

  /// A required hash must be checked, so one that cannot be checked is an error.
  static FileDigest demanded_hash(const LineContext& context, const std::string& value) {
    const std::size_t colon = std::min(value.find(':'), value.size());
    const std::string algorithm = value.substr(0, colon);
    const auto hash = FileDigest::read(algorithm, value.substr(std::min(colon + 1, value.size())));
    if (!hash)
      fail(context, ErrorKind::invalid_input,
           "the hash '" + terminal_line(value) + "' cannot be checked: it must be one of " +
               strong_algorithms());
    if (!is_strong_algorithm(hash->algorithm))
      fail(context, ErrorKind::invalid_input,
           hash->algorithm + " proves nothing: a demanded hash must be one of " + strong_algorithms());
    if (hash->hex.empty())
      fail(
          context, ErrorKind::invalid_input,
          "the hash '" + terminal_line(value) + "' cannot be checked: what follows is no " + hash->algorithm);
    return *hash;
  }

  RequirementsFile& out_;
  const FetchText& fetch_;
  std::set<std::string> seen_, variables_;
};

}  // namespace

RequirementsFile read_requirements_file(const std::string& path_or_url, const FetchText& fetch) {
  RequirementsFile file;
  FileReader(file, fetch).read_all(path_or_url);
  return file;
}

}  // namespace envstore
