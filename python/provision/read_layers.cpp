#include "python/provision/read_layers.h"

#include <algorithm>

#include "pypackaging/name.h"
#include "python/index/http_status.h"
#include "python/index/lazy_http.h"
#include "python/launch/own_commands.h"
#include "python/lock/lock_selection.h"
#include "python/lock/uv_lock.h"
#include "python/network/url.h"
#include "python/provision/known_run.h"
#include "python/provision/run_cache.h"
#include "python/resolve/own_pip.h"
#include "python/resolve/resolve.h"
#include "python/settings/requirements_file.h"
#include "store/platform/error.h"
#include "store/platform/files.h"
#include "store/platform/path_parts.h"
#include "store/platform/terminal_text.h"
#include "store/platform/user_file.h"

namespace envstore {
namespace {

void add_to_label(std::string& label, const std::string& text) {
  label += (label.empty() ? "" : ", ") + text;
}

void add_hashes(RequiredHashes& hashes, const RequirementsFile& file) {
  hashes.for_all = hashes.for_all || file.hashes.for_all;
  for (const auto& [name, allowed] : file.hashes.allowed)
    for (const FileDigest& hash : allowed) hashes.allowed[name].add(hash);
}

/// The packages that a requirements file names, and its settings of backends.
void add_build_options(BuildSettings& build, const BuildSettings& more) {
  build.no_build = build.no_build || more.no_build;
  build.no_binary = build.no_binary || more.no_binary;
  build.no_build_packages.insert(more.no_build_packages.begin(), more.no_build_packages.end());
  build.no_binary_packages.insert(more.no_binary_packages.begin(), more.no_binary_packages.end());
  for (const auto& [key, values] : more.config) {
    auto& all = build.config[key];
    all.insert(all.end(), values.begin(), values.end());
  }
}

/// The options of a requirements file apply to its layer only.
void add_options(ResolutionSettings& settings, const RequirementsFile& file) {
  auto& indexes = settings.indexes.indexes;
  if (file.default_index) {
    if (!indexes.empty()) indexes.pop_back();  // the default is the last
    indexes.push_back(*file.default_index);
  }
  indexes.insert(indexes.begin(), file.extra_indexes.begin(), file.extra_indexes.end());
  auto& links = settings.indexes.find_links;
  links.insert(links.end(), file.find_links.begin(), file.find_links.end());
  settings.constraints.insert(settings.constraints.end(), file.constraints.begin(), file.constraints.end());
  settings.indexes.no_index = settings.indexes.no_index || file.no_index;
  if (file.allow_prereleases) settings.prereleases = pypackaging::PrereleaseMode::allow;
  add_build_options(settings.build, file.build);
}

/// Fetches requirements files.
class TextFetcher {
 public:
  explicit TextFetcher(const IndexSettings& settings)
      : is_offline_(settings.offline),
        http_(settings.use_keyring ? LazyHttp::Keyring::asked : LazyHttp::Keyring::not_asked,
              settings.transfers) {}
  ~TextFetcher() { http_.close(); }

  std::string operator()(const std::string& url) {
    constexpr std::uint64_t kLargest = std::uint64_t{16} << 20;
    if (is_offline_)
      throw Error(ErrorKind::network, "cannot fetch '" + without_credentials(url) + "': --offline forbids",
                  "download the file and name it");
    HttpRequest request;
    request.url = url;
    request.size_limit = kLargest;
    HttpResponse response = http_.start(std::move(request)).get();
    if (!is_success(response)) throw_for_status(response, url);
    return std::move(response.body);
  }

 private:
  const bool is_offline_;
  LazyHttp http_;
};

class LayerReader {
 public:
  LayerReader(const Request& request, const Interpreter& interpreter, const std::string& script_lock)
      : request_(request),
        settings_(request.settings),
        interpreter_(interpreter),
        script_lock_(script_lock),
        fetcher_(request.settings.indexes),
        fetch_([this](const std::string& url) { return fetcher_(url); }) {}

  Layers read() {
    read_into(settings_.constraints, settings_.constraint_files);
    read_into(settings_.overrides, settings_.override_files);
    read_into(settings_.build.constraints, settings_.build.constraint_files);
    add(with_layer());
    for (const std::string& path : request_.words.with_requirements)
      if (is_pylock_name(name_of(path))) add(lock_layer(path));
    check_choice();
    add(script_layer());
    if (is_pip(request_.words.target)) add(own_pip_layer(interpreter_, settings_));
    return std::move(result_);
  }

 private:
  RequirementsFile read_file(const std::string& path) {
    RequirementsFile file = read_requirements_file(path, fetch_);
    result_.is_fetched = result_.is_fetched || file.is_fetched;
    for (const std::string& each : file.files) result_.requirements_files.push_back(watch(each));
    result_.variables.insert(file.variables.begin(), file.variables.end());
    return file;
  }

  void read_into(std::vector<pypackaging::Requirement>& list, const std::vector<std::string>& paths) {
    for (const std::string& path : paths) {
      const RequirementsFile file = read_file(path);
      list.insert(list.end(), file.requirements.begin(), file.requirements.end());
      list.insert(list.end(), file.constraints.begin(), file.constraints.end());
    }
  }

  Layer with_layer() {
    Layer layer;
    layer.source = Layer::Source::with;
    layer.settings = settings_;
    const std::string here = request_.words.with.empty() ? "" : current_directory();
    for (const std::string& text : request_.words.with) {
      layer.requirements.push_back(parse_user_requirement(text, here));
      add_to_label(layer.label, terminal_line(without_credentials(text)));
    }
    for (const std::string& path : request_.words.with_requirements) {
      if (is_pylock_name(name_of(path))) continue;
      const RequirementsFile file = read_file(path);
      layer.requirements.insert(layer.requirements.end(), file.requirements.begin(), file.requirements.end());
      add_hashes(layer.hashes, file);
      add_options(layer.settings, file);
      add_to_label(layer.label, without_credentials(path));
    }
    return layer;
  }

  static std::string lock_text(const std::string& path) {
    constexpr std::size_t kLimit = std::size_t{1} << 28;
    if (auto text = read_user_text(path, kLimit)) return std::move(*text);
    throw Error(ErrorKind::not_found, "cannot read '" + path + "': no such file");
  }

  /// What the script's block requires, as its lock must have been made from it.
  LockInputs inputs_of(const Layer& layer) const {
    const ScriptMetadata& script = request_.script;
    LockInputs inputs{script.requires_python, layer.requirements, {}, {}, script.settings.exclusions, {}};
    std::sort(inputs.excludes.begin(), inputs.excludes.end());
    const std::string directory = directory_of(request_.words);
    for (const std::string& text : script.settings.constraints)
      inputs.constraints.push_back(parse_user_requirement(text, directory));
    for (const std::string& text : script.settings.overrides)
      inputs.overrides.push_back(parse_user_requirement(text, directory));
    for (const auto& [name, index] : layer.settings.indexes.bound) inputs.indexes[name] = index.url;
    inputs.static_metadata = StaticMetadata::parse_all(layer.settings.static_metadata);
    return inputs;
  }

  /// The layer gets exactly what the lock has, in place of its requirements.
  void take_script_lock(Layer& layer) const {
    const UvLock lock = parse_uv_lock(lock_text(script_lock_), script_lock_);
    const auto stale = request_.words.script_lock == RunWords::ScriptLock::check
                           ? difference(lock, inputs_of(layer))
                           : std::nullopt;
    if (stale)
      throw Error(
          ErrorKind::invalid_input,
          "cannot run '" + request_.words.target.name + "' as '" + script_lock_ + "' has it: " + *stale,
          "'uv lock --script' makes the lock again, --frozen uses it as it is, --no-lock ignores it");
    const pypackaging::TagPriority tags(pypackaging::supported_tags(interpreter_.tags));
    layer.locked =
        lock_of(lock, script_lock_, {interpreter_, tags, python_version(interpreter_), layer.settings.build});
    layer.hashes = hashes_of(*layer.locked, script_lock_);
    layer.requirements.clear();
  }

  /// A lock file is a layer of its own, so that what it locks does not depend on other requirements.
  Layer lock_layer(const std::string& path) {
    if (Url::parse(path))
      throw Error(ErrorKind::unsupported,
                  "cannot read '" + without_credentials(path) + "': lock files are not fetched",
                  "download it and name the file");
    result_.requirements_files.push_back(watch(path));
    ParsedPylock parsed = parse_pylock(lock_text(path), path);
    has_lock_file_ = true;
    offered_extras_.insert(parsed.pylock.extras.begin(), parsed.pylock.extras.end());
    offered_groups_.insert(parsed.pylock.dependency_groups.begin(), parsed.pylock.dependency_groups.end());
    offered_groups_.insert(parsed.pylock.default_groups.begin(), parsed.pylock.default_groups.end());
    for (std::string& warning : parsed.warnings) result_.warnings.push_back(std::move(warning));
    Layer layer;
    layer.source = Layer::Source::lock_file;
    layer.label = path;
    layer.settings = settings_;
    const pypackaging::TagPriority tags(pypackaging::supported_tags(interpreter_.tags));
    layer.locked = lock_of(
        parsed.pylock, path,
        {interpreter_, tags, python_version(interpreter_), settings_.build, request_.words.lock_choice});
    layer.hashes = hashes_of(*layer.locked, path);
    return layer;
  }

  /// What no lock file offers is an error, as the specification requires.
  void check_choice() const {
    const LockChoice& choice = request_.words.lock_choice;
    if (!choice.asks()) return;
    if (!has_lock_file_)
      throw Error(ErrorKind::usage,
                  "cannot choose extras and groups: they are those of lock files, and none is given",
                  "--with-requirements pylock.toml names one; --with 'name[extra]' takes the extra of a "
                  "package; projects are not read yet");
    check_offered("extra", choice.extras, offered_extras_);
    check_offered("group", choice.groups, offered_groups_);
  }

  static void check_offered(const std::string& kind, const std::set<std::string>& wanted,
                            const std::set<std::string>& offered) {
    for (const std::string& name : wanted) {
      if (offered.contains(pypackaging::normalize_name(name))) continue;
      std::string names;
      for (const std::string& each : offered) names += (names.empty() ? "" : ", ") + each;
      throw Error(ErrorKind::usage,
                  "cannot take the " + kind + " '" + terminal_line(name) + "': no lock file has it",
                  names.empty() ? "they have no " + kind : "they have " + names);
    }
  }

  /// Sources apply to the script's own packages, not to other layers.
  Layer script_layer() {
    Layer layer;
    layer.source = Layer::Source::script;
    layer.label = label_of(request_.words);
    layer.settings = settings_;
    if (request_.script.dependencies.empty() && script_lock_.empty()) return layer;
    SourcedRequirements sourced = apply_sources(request_.script.dependencies, settings_.sources,
                                                settings_.named_indexes, interpreter_.markers);
    layer.requirements = std::move(sourced.requirements);
    layer.settings.indexes.bound = std::move(sourced.bound);
    if (!script_lock_.empty()) take_script_lock(layer);
    return layer;
  }

  /// A local wheel that was rewritten is a different wheel. (The files of a lock are known by their hashes.)
  void add(Layer layer) {
    if (layer.requirements.empty() && (!layer.locked || layer.locked->packages.empty())) return;
    for (const auto& requirement : layer.requirements)
      if (const auto path = requirement.url ? local_path(*requirement.url) : std::nullopt)
        layer.local_wheels.push_back(watch(*path));
    result_.layers.push_back(std::move(layer));
  }

  const Request& request_;
  ResolutionSettings settings_;
  const Interpreter& interpreter_;
  const std::string& script_lock_;
  bool has_lock_file_ = false;
  std::set<std::string> offered_extras_, offered_groups_;  ///< of the lock files
  TextFetcher fetcher_;
  const FetchText fetch_;
  Layers result_;
};

}  // namespace

Layers read_layers(const Request& request, const Interpreter& interpreter, const std::string& script_lock) {
  return LayerReader(request, interpreter, script_lock).read();
}

}  // namespace envstore
