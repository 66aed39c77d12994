#include "cli/options/run_request.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "cli/options/env_file.h"
#include "cli/options/run_target.h"
#include "cli/options/settings_key.h"
#include "python/network/url.h"
#include "store/platform/environment.h"
#include "store/platform/error.h"
#include "store/platform/files.h"
#include "store/platform/format.h"
#include "store/platform/path_parts.h"

namespace envstore {
namespace {

/// The settings that are needed before the run cache can be queried.
SettingsLayer early_settings(const Arguments& arguments, const ConfigurationFiles& files) {
  SettingsLayer settings = flag_settings(arguments);
  settings.fill_from(environment_settings(), Lists::first_wins);
  for (const std::string& path : files.present) settings.fill_from(read_yaml_settings(path), Lists::joined);
  return settings;
}

bool exists(const std::string& path) {
  return ::access(path.c_str(), F_OK) == 0;
}

/// A value of --env-file is one path or several; UV_ENV_FILE, as in uv, several separated by white space.
std::vector<std::string> env_files(const Arguments& arguments) {
  if (is_on(arguments, "no-env-file")) return {};
  std::vector<std::string> paths;
  for (const SettingValue& each : command_line_values(arguments, "env-file")) {
    const bool is_one = each.value.find_first_of(" \t\n\\") == std::string::npos ||
                        (each.source != "UV_ENV_FILE" && exists(each.value));
    for (std::string& path : is_one ? std::vector<std::string>{each.value} : split_env_files(each.value))
      paths.push_back(std::move(path));
  }
  return paths;
}

/// An absolute path, or an address that is fetched.
std::string place_of(const std::string& written) {
  if (written == "-") return "/dev/stdin";
  if (written.find("://") == std::string::npos) return absolute_path(written);
  return local_path(written).value_or(written);
}

/// Adds files that are separated by commas; `-` is standard input.
void add_requirements_files(RunWords& request, const std::string& value) {
  std::size_t begin = 0;
  while (begin <= value.size()) {
    const std::size_t end = value.find(',') == std::string::npos || exists(value)
                                ? value.size()
                                : std::min(value.find(',', begin), value.size());
    const std::string path = value.substr(begin, end - begin);
    if (!path.empty()) request.with_requirements.push_back(place_of(path));
    begin = end + 1;
  }
}

LockChoice lock_choice(const Arguments& arguments) {
  const auto names = [&](const char* flag) {
    const auto values = arguments.values(flag);
    return std::set<std::string>(values.begin(), values.end());
  };
  LockChoice choice{names("extra"), names("group"), names("no-group")};
  choice.all_extras = arguments.has("all-extras");
  choice.all_groups = arguments.has("all-groups");
  choice.without_default_groups = arguments.has("no-default-groups");
  return choice;
}

void take_lock_flags(const Arguments& arguments, RunWords& request) {
  const char* given = nullptr;
  for (const char* flag : {"no-lock", "locked", "frozen"}) {
    if (!arguments.has(flag)) continue;
    if (given != nullptr)
      throw Error(ErrorKind::usage, format_text("cannot use '--{}' together with '--{}'", given, flag));
    given = flag;
  }
  request.requires_lock = arguments.has("locked") || arguments.has("frozen");
  if (arguments.has("no-lock"))
    request.script_lock = RunWords::ScriptLock::ignore;
  else if (arguments.has("frozen") || (!arguments.has("locked") && is_on(arguments, "frozen")))
    request.script_lock = RunWords::ScriptLock::trust;
}

}  // namespace

std::vector<std::string> split_requirements(std::string_view text) {
  if (text.find("://") != std::string_view::npos) return {std::string(text)};  // a URL may contain commas
  std::vector<std::string> parts;
  int depth = 0;
  std::size_t begin = 0;
  const auto take = [&](std::size_t end) {
    std::string_view part = text.substr(begin, end - begin);
    const std::size_t first = part.find_first_not_of(' ');
    part.remove_prefix(first == std::string_view::npos ? part.size() : first);
    // `<2` after a comma continues the preceding specifier.
    const bool goes_on = !parts.empty() && (part.empty() || part.find_first_of("<>=!~") == 0);
    if (goes_on)
      parts.back() += "," + std::string(part);
    else if (!part.empty())
      parts.emplace_back(part);
    begin = end + 1;
  };
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '[' || text[at] == '(') ++depth;
    if (text[at] == ']' || text[at] == ')') --depth;
    if (text[at] == ',' && depth <= 0) take(at);
  }
  take(text.size());
  return parts;
}

RunSetup read_run_setup(const Arguments& arguments, NamedPipes named_pipes) {
  RunSetup setup;
  RunWords& request = setup.request;
  RunTarget target = find_target(arguments, named_pipes);
  setup.can_be_read_again = !target.was_named_pipe;
  request.target = std::move(target.target);
  request.script_text = std::move(target.script_text);
  request.script_path = std::move(target.script_path);
  for (const std::string& text : arguments.values("with"))
    for (std::string& part : split_requirements(text)) request.with.push_back(std::move(part));
  for (const std::string& value : arguments.values("with-requirements"))
    add_requirements_files(request, value);
  request.lock_choice = lock_choice(arguments);
  request.isolated = is_on(arguments, "isolated");
  request.refresh = arguments.has("refresh");
  request.upgrade = arguments.has("upgrade");
  request.refresh_packages = arguments.values("refresh-package");
  request.upgrade_packages = arguments.values("upgrade-package");
  take_lock_flags(arguments, request);

  setup.files = find_configuration_files(configuration_search(arguments, request.script_path));
  const SettingsLayer early = early_settings(arguments, setup.files);
  if (const SettingValue* python = early.find("python")) request.python = python->value;
  request.layout = layout_setting(early);
  request.offline = early.is_on("offline");
  setup.bytecode = bytecode_setting(early);
  // Only the flag counts here: `bytecode: foreground` in the settings holds for every run, and must not
  // bypass the run cache.
  request.compile_bytecode = arguments.has("compile-bytecode");

  request.raw_settings = raw_settings(arguments, setup.files);
  return setup;
}

EnteredDirectory::EnteredDirectory(const Arguments& arguments) {
  std::string named;
  for (const SettingValue& directory : command_line_values(arguments, "directory")) named = directory.value;
  if (named.empty()) return;
  before_ = Fd(::open(".", O_PATH | O_CLOEXEC));
  if (::chdir(named.c_str()) != 0) throw_errno(errno, "enter", named);
}

void EnteredDirectory::leave() noexcept {
  if (before_ && ::fchdir(before_.get()) == 0) before_ = Fd();
}

bool wants_throwaway_store(const Arguments& arguments) {
  return is_on(arguments, "no-cache");
}

void clear_one_shot_flags(RunWords& request) {
  request.refresh = request.upgrade = request.compile_bytecode = false;
  request.refresh_packages.clear();
  request.upgrade_packages.clear();
}

bool has_env_file_to_read_once(const Arguments& arguments) {
  const std::vector<std::string> paths = env_files(arguments);
  return std::any_of(paths.begin(), paths.end(), [](const std::string& path) {
    struct stat facts {};
    return ::stat(path.c_str(), &facts) == 0 && !S_ISREG(facts.st_mode);
  });
}

LaunchOptions launch_options(const Arguments& arguments) {
  LaunchOptions options;
  options.replace_process = arguments.has("exec");
  options.is_quiet = arguments.has("quiet");
  options.environment = read_env_files(env_files(arguments));
  return options;
}

Verbosity verbosity_of(const Arguments& arguments) {
  if (arguments.has("quiet")) return Verbosity::quiet;
  return arguments.has("verbose") ? Verbosity::verbose : Verbosity::normal;
}

}  // namespace envstore
