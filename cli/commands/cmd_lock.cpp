#include <fcntl.h>
#include <csignal>
#include <map>

#include "cli/commands/command.h"
#include "cli/commands/interruption.h"
#include "cli/commands/pages.h"
#include "cli/options/complete_request.h"
#include "cli/options/run_options.h"
#include "cli/options/run_request.h"
#include "cli/output/phrases.h"
#include "cli/output/print.h"
#include "cli/output/progress.h"
#include "python/lock/pylock.h"
#include "python/provision/known_run.h"
#include "python/provision/make_lock.h"
#include "store/platform/files.h"
#include "store/platform/format.h"
#include "store/platform/path_parts.h"
#include "store/platform/user_file.h"

namespace envstore {
namespace {

constexpr OptionSpec kOptions[] = {
    {"output-file", 'o', "FILE",
     "write to it (pylock.toml, pylock.NAME.toml); -: to standard output, as without -o"},
    {"requirements", 'r', "FILE", "lock the requirements in this file (repeatable)"},
    {"script", 's', "SCRIPT", "lock what this script requires, whatever its name"},
    {"with", 'w', "REQUIREMENT", "lock this requirement (repeatable, or separated by commas)"},
    {"upgrade", 'U', {}, "choose the newest possible versions, whatever FILE has"},
    {"upgrade-package", 'P', "NAME", "the same for this package alone: name or name<2 (repeatable)"},
    {"refresh", 0, {}, "as in run"},
    {"refresh-package", 0, "NAME", "as in run"},
    {"python", 'p', "REQUEST", "as in run: the interpreter that the lock is for"},
    {"python-version", 0, "VERSION", "lock for this version of Python: 3.12 is 3.12.0"},
    {"python-platform", 0, "PLATFORM",
     "lock for another system: linux, macos, windows, x86_64-manylinux_2_17, ..."},
    {"python-preference", 0, "WHICH", "as in run"},
    {"index", 0, "URL", "as in run"},
    {"extra-index-url", 0, "URL", "as in run"},
    {"default-index", 0, "URL", "as in run"},
    {"index-url", 'i', "URL", "as in run"},
    {"find-links", 'f', "LOCATION", "as in run"},
    {"no-index", 0, {}, "as in run"},
    {"index-strategy", 0, "STRATEGY", "as in run"},
    {"keyring-provider", 0, "PROVIDER", "as in run"},
    {"prerelease", 0, "MODE", "as in run"},
    {"pre", 0, {}, "as in run"},
    {"resolution", 0, "MODE", "as in run"},
    {"exclude-newer", 0, "DATE", "as in run"},
    {"exclude-newer-package", 0, "NAME=DATE", "as in run"},
    {"no-sources", 0, {}, "as in run"},
    {"no-sources-package", 0, "NAME", "as in run"},
    {"constraints", 'c', "FILE", "as in run"},
    {"overrides", 0, "FILE", "as in run"},
    {"isolated", 0, {}, "as in run"},
    {"no-project", 0, {}, "as in run"},
    {"no-config", 0, {}, "as in run"},
    {"config-file", 0, "FILE", "as in run"},
    {"directory", 0, "DIRECTORY", "as in run"},
};

constexpr std::string_view kOwn[] = {"output-file", "requirements",   "script",
                                     "directory",   "python-version", "python-platform"};

/// What is locked: a script, or requirements.
struct Inputs {
  std::string script;
  std::vector<std::string> files;
};

bool is_script(const std::string& word) {
  return word.ends_with(".py") || word.ends_with(".pyw");
}

Inputs inputs_of(const Arguments& arguments) {
  Inputs inputs{arguments.value("script"), arguments.values("requirements")};
  const auto& words = arguments.positionals();
  if (inputs.script.empty() && inputs.files.empty() && words.size() == 1 && is_script(words[0]))
    inputs.script = words[0];
  else
    inputs.files.insert(inputs.files.end(), words.begin(), words.end());
  const bool has_requirements = !inputs.files.empty() || arguments.has("with");
  if (!inputs.script.empty() && has_requirements)
    throw Error(ErrorKind::usage, "cannot lock a script together with other requirements",
                "a lock is made of one script, or of requirements");
  if (inputs.script.empty() && !has_requirements)
    throw Error(ErrorKind::usage, "cannot lock: no script, requirements file or requirement was given",
                "for example: envstore lock script.py -o pylock.toml");
  for (const std::string& file : inputs.files)
    if (is_pylock_name(name_of(file)))
      throw Error(ErrorKind::usage, format_text("cannot lock '{}': it is a lock already", file),
                  "name what it was made of, and it with -o: its versions are kept where they fit");
  return inputs;
}

/// The arguments of an `envstore run` that needs the same packages.
std::vector<std::string> words_of_run(const Arguments& arguments, const Inputs& inputs) {
  std::vector<std::string> words;
  const auto is_own = [](std::string_view name) {
    return std::find(std::begin(kOwn), std::end(kOwn), name) != std::end(kOwn);
  };
  for (const OptionSpec& option : kOptions) {
    if (is_own(option.name) || !arguments.has(option.name)) continue;
    if (option.value.empty()) words.push_back(format_text("--{}", option.name));
    for (const std::string& value : arguments.values(option.name))
      if (!option.value.empty()) words.push_back(format_text("--{}={}", option.name, value));
  }
  for (const std::string_view global : {"offline", "quiet", "verbose"})
    if (arguments.has(global)) words.push_back(format_text("--{}", global));
  for (const std::string& file : inputs.files) words.push_back("--with-requirements=" + file);
  if (!inputs.script.empty()) words.emplace_back("--script");
  words.emplace_back("--");
  words.push_back(inputs.script.empty() ? "python" : inputs.script);
  return words;
}

/// The file that is to be written, absolute; empty: standard output.
std::string output_path(const Arguments& arguments) {
  const std::string written = arguments.value("output-file");
  if (written.empty() || written == "-") return {};
  const std::string path = absolute_path(written);
  if (!is_pylock_name(name_of(path)))
    throw Error(ErrorKind::usage, format_text("cannot write '{}': a lock has another name", written),
                "the name must be pylock.toml, or pylock.NAME.toml with a NAME that has no dot");
  return path;
}

using Versions = std::map<std::string, std::string>;

Versions versions_of(const Pylock& pylock) {
  Versions versions;
  for (const PylockPackage& package : pylock.packages)
    versions[package.name] = package.version ? package.version->canonical() : "";
  return versions;
}

/// The versions of an existing lock; one that cannot be read is an error, so that no other file is
/// overwritten.
std::optional<Pylock> existing_lock(const std::string& path) {
  constexpr std::size_t kLimit = std::size_t{1} << 28;
  if (path.empty()) return std::nullopt;
  const auto text = read_user_text(path, kLimit);
  if (!text || text->empty()) return std::nullopt;
  return parse_pylock(*text, path).pylock;
}

Pins pins_of(const std::optional<Pylock>& pylock) {
  Pins pins;
  if (!pylock) return pins;
  for (const PylockPackage& package : pylock->packages)
    if (package.version) pins.try_emplace(package.name, *package.version);
  return pins;
}

void tell_changes(const Versions& before, const Versions& after) {
  for (const auto& [name, version] : after)
    if (const auto old = before.find(name); old == before.end())
      print_message(format_text("Added {} {}\n", name, version));
    else if (old->second != version)
      print_message(format_text("Updated {} {} -> {}\n", name, old->second, version));
  for (const auto& [name, version] : before)
    if (!after.contains(name)) print_message(format_text("Removed {} {}\n", name, version));
}

/// A link stays a link. A file that has the content already is not written again.
void write_output(const std::string& path, const std::string& text) {
  constexpr mode_t kMode = 0644, kPermissions = 0777;
  const std::string target = real_path(path).value_or(path);
  const auto stamp = stat_at(AT_FDCWD, target, Links::follow);
  if (stamp && !stamp->is_regular())
    throw Error(ErrorKind::usage, format_text("cannot write '{}': it is no file", path));
  if (stamp && stamp->size == text.size() && read_user_file(target, text.size()) == text) return;
  replace_file(AT_FDCWD, target, text, stamp ? mode_t(stamp->mode & kPermissions) : kMode);
}

int run_lock(const Arguments& arguments) {
  (void)std::signal(SIGPIPE, SIG_IGN);  // a lost connection must fail with EPIPE, not kill the process
  const EnteredDirectory directory(arguments);
  const Inputs inputs = inputs_of(arguments);
  const std::string output = output_path(arguments);
  const std::optional<Pylock> before = existing_lock(output);

  const Arguments run =
      parse_arguments(kRunOptions, Positionals::first_ends_options, words_of_run(arguments, inputs));
  const RunSetup setup = read_run_setup(run);
  const SystemClock clock;
  Store store = Store::open(arguments.value("store"), clock);
  std::string text;
  Versions after;
  {
    StatusLine progress(verbosity_of(arguments));
    const Interruption interruption(store.path(), progress);
    const Request request = complete_request(run, setup, key_of(store, setup.request));
    const Pylock pylock =
        make_lock(store, request, {arguments.value("python-version"), arguments.value("python-platform")},
                  pins_of(before), progress);
    text = write_pylock(pylock);
    after = versions_of(pylock);
  }
  if (output.empty()) {
    print(text);
    return 0;
  }
  write_output(output, text);
  if (verbosity_of(arguments) == Verbosity::quiet) return 0;
  if (before) tell_changes(versions_of(*before), after);
  print_message(
      format_text("Locked {} in '{}'\n", counted(after.size(), "package"), arguments.value("output-file")));
  return 0;
}

}  // namespace

const Command kLockCommand = {
    .name = "lock",
    .summary = "write pylock.toml: exact versions, files and hashes",
    .page = pages::kLock,
    .options = kOptions,
    .positionals = Positionals::any,
    .run = run_lock,
};

}  // namespace envstore
