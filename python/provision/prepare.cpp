#include "python/provision/prepare.h"

#include <malloc.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <set>

#include "pypackaging/name.h"
#include "python/bytecode/bytecode_work.h"
#include "python/launch/environment.h"
#include "python/launch/own_commands.h"
#include "python/network/url.h"
#include "python/provision/known_run.h"
#include "python/provision/run_cache.h"
#include "python/resolve/own_pip.h"
#include "python/resolve/pins.h"
#include "python/settings/requirements_file.h"
#include "python/settings/script_metadata.h"
#include "python/wheel/forest_rules.h"
#include "store/objects/unfinished_trees.h"
#include "store/platform/environment.h"
#include "store/platform/error.h"
#include "store/platform/home.h"
#include "store/platform/terminal_text.h"
#include "store/snapshots/adopt.h"
#include "store/snapshots/snapshot.h"

namespace envstore {
namespace {

using pypackaging::ScriptBlock;

/// The requirements of `--with` and `--with-requirements`.
struct WithLayer {
  LayerRequest request;
  std::vector<RequirementsFile> files;
};

WithLayer read_with_layer(const RunRequest& request) {
  WithLayer layer;
  const std::string here = request.with.empty() ? "" : current_directory();
  for (const std::string& text : request.with)
    layer.request.requirements.push_back(parse_user_requirement(text, here));
  for (const std::string& path : request.with_requirements) {
    RequirementsFile file = read_requirements_file(path);
    for (auto& requirement : file.requirements) layer.request.requirements.push_back(requirement);
    layer.request.hashes.for_all = layer.request.hashes.for_all || file.hashes.for_all;
    for (const auto& [name, hashes] : file.hashes.allowed)
      for (const FileDigest& hash : hashes) layer.request.hashes.allowed[name].add(hash);
    layer.files.push_back(std::move(file));
  }
  for (const std::string& text : request.with)
    layer.request.label +=
        (layer.request.label.empty() ? "" : ", ") + terminal_line(without_credentials(text));
  for (const std::string& path : request.with_requirements)
    layer.request.label += (layer.request.label.empty() ? "" : ", ") + path;
  return layer;
}

/// The options of a requirements file apply to its layer only.
ResolutionSettings with_file_options(ResolutionSettings settings,
                                     const std::vector<RequirementsFile>& files) {
  for (const RequirementsFile& file : files) {
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
  }
  return settings;
}

/// Index pages of megabytes are allocated and freed on many threads. Returning the memory to the system each
/// time cost 6 % of a cold run's processor time.
void keep_freed_memory() {
  (void)mallopt(M_MMAP_THRESHOLD, 32 << 20);
  (void)mallopt(M_TRIM_THRESHOLD, 128 << 20);
}

/// The slow path of one run: everything that a run cache hit saves.
class Preparation {
 public:
  Preparation(Store& store, const RunRequest& request, Progress& progress)
      : store_(store), request_(request), progress_(progress) {}

  PreparedRun run(const RunKey& key) {
    keep_freed_memory();
    read_metadata(key.block);
    if (key.misspelt_block) warn_of(*key.misspelt_block);
    watched_ = request_.watched_settings ? request_.watched_settings() : std::vector<WatchedPath>();
    if (key.block) refuse_lock();
    ResolutionSettings settings = request_.settings(metadata_.settings);
    add_request(settings);
    preference_ = settings.python_preference;
    find_interpreter(key.python_version_file, [&] {
      if (settings.sources.empty()) ask_ahead(settings.indexes);
    });

    auto ingest = Lease::acquire(store_, LeaseKind::ingest, {}, label_of(request_));
    LaunchPlan plan = provide_or_take_back(*ingest, settings);
    if (request_.compile_bytecode) compile(plan);

    std::vector<SnapshotId> snapshots;
    for (const LayerPlan& layer : plan.layers) snapshots.push_back(layer.snapshot);
    Lease lease = lease_made(snapshots);
    if (!store_.is_read_only()) remember(key.memo_text, plan, snapshots);
    return {std::move(lease), std::move(plan), report_, false};
  }

 private:
  /// The ingest lease holds the snapshots, but an index that is being rebuilt may not have their rows yet.
  Lease lease_made(const std::vector<SnapshotId>& snapshots) {
    constexpr int kAttempts = 5;
    for (int attempt = 1;; ++attempt) {
      auto lease = Lease::acquire(store_, LeaseKind::run, snapshots, label_of(request_));
      if (lease) return std::move(*lease);
      if (store_.is_read_only() || attempt == kAttempts)
        throw Error(ErrorKind::damaged, "cannot lease the environment that was just made",
                    "run 'envstore doctor'");
      for (const SnapshotId& id : snapshots) adopt_snapshot(store_, id);
    }
  }

  /// Applies the flags of this run.
  void add_request(ResolutionSettings& settings) {
    settings.upgrade = settings.upgrade || request_.upgrade;
    settings.indexes.refresh = settings.indexes.refresh || request_.refresh || request_.upgrade;
    settings.indexes.offline = settings.indexes.offline || request_.offline;
    for (const std::string& name : request_.refresh_packages)
      settings.indexes.refresh_packages.insert(pypackaging::normalize_name(name));
    for (const std::string& text : request_.upgrade_packages) {
      settings.upgrade_packages.push_back(parse_user_requirement(text, current_directory()));
      settings.indexes.refresh_packages.insert(settings.upgrade_packages.back().normalized_name);
    }
    read_into(settings.constraints, settings.constraint_files);
    read_into(settings.overrides, settings.override_files);
  }

  void read_into(std::vector<pypackaging::Requirement>& list, const std::vector<std::string>& paths) {
    for (const std::string& path : paths) {
      RequirementsFile file = read_requirements_file(path);
      depend_on(file);
      list.insert(list.end(), file.requirements.begin(), file.requirements.end());
      list.insert(list.end(), file.constraints.begin(), file.constraints.end());
    }
  }

  void depend_on(const RequirementsFile& file) {
    for (const std::string& path : file.files) requirements_files_.push_back(watch(path));
    variables_.insert(file.variables.begin(), file.variables.end());
  }

  /// A lock pins the versions that the block leaves open, so it is never ignored silently.
  void refuse_lock() {
    if (request_.script_path.empty() || request_.target.kind != Target::Kind::script) return;
    watched_.push_back(watch(request_.script_path + ".lock"));
    if (request_.ignore_lock || !watched_.back().stamp) return;
    throw Error(ErrorKind::unsupported,
                "cannot run '" + request_.target.name + "' as its lock has it: '" + request_.script_path +
                    ".lock' lies beside it, and locks of scripts are not read yet",
                "--no-lock chooses the versions anew, as if there were no lock");
  }

  void remember(const std::string& text, const LaunchPlan& plan, const std::vector<SnapshotId>& snapshots) {
    const bool has_files = !request_.with_requirements.empty();
    // A later run could not know which variables to check.
    if (!has_files && !variables_.empty()) return;
    keep_memo(store_,
              has_files ? keep_variables(store_, text, variables_, requirements_files_, snapshots) : text,
              watched_, plan);
  }

  void compile(const LaunchPlan& plan) {
    if (store_.is_read_only()) progress_.warning("nothing is compiled: the store is read-only");
    compile_bytecode(store_, plan, CompilePriority::normal);
  }

  void read_metadata(const std::optional<ScriptBlock>& block) {
    if (!block) return;
    const std::string directory = directory_of(request_);
    metadata_ = read_script_metadata(block->toml, block->first_line, request_.target.name, directory);
    for (const std::string& warning : metadata_.warnings) progress_.warning(warning);
  }

  void warn_of(const pypackaging::ParseError& misspelt_block) {
    const std::string& text = *request_.script_text;
    const auto end = text.begin() + static_cast<std::ptrdiff_t>(misspelt_block.position);
    progress_.warning("line " + std::to_string(1 + std::count(text.begin(), end, '\n')) + " of '" +
                      request_.target.name + "' looks like metadata, but " + misspelt_block.message);
  }

  /// If the interpreter has to be probed, little else is likely to be cached. Requests the pages of the
  /// script's dependencies during the probe.
  void ask_ahead(const IndexSettings& indexes) {
    if (client_ || metadata_.dependencies.empty() || indexes.offline || store_.is_read_only()) return;
    client_ = std::make_shared<IndexClient>(store_, indexes, &progress_);
    for (const auto& requirement : metadata_.dependencies)
      if (!requirement.url && requirement.marker.empty()) client_->project(requirement.normalized_name);
  }

  /// The request of the first valid line of the version file; warns of the invalid lines before it.
  std::optional<InterpreterRequest> request_of(const PythonVersionFile& file, const std::string& home) {
    for (const std::string& line : file.lines) {
      if (auto request = version_file_request(line, file.path, home)) return request;
      if (line != "system")  // pyenv's name for the Python on PATH
        progress_.warning("'" + line + "' in '" + file.path +
                          "' is no version of Python that is known, and ignored");
    }
    return std::nullopt;
  }

  void find_interpreter(const std::optional<PythonVersionFile>& python_version_file,
                        std::function<void()> before_probe) {
    DiscoveryInputs inputs;
    inputs.before_probe = std::move(before_probe);
    inputs.requires_python = widened(metadata_.requires_python);
    inputs.path_variable = without_runs(variable_or_empty("PATH"), store_);
    inputs.virtual_env = request_.isolated ? "" : variable_or_empty("VIRTUAL_ENV");
    // Inside another run, that run's environment is not the user's choice.
    if (is_inside_runs(inputs.virtual_env, store_)) inputs.virtual_env.clear();
    inputs.home = home_directory();
    inputs.preference = preference_;
    inputs.request = InterpreterRequest::parse(request_.python);
    const auto from_file = request_.python.empty() && python_version_file
                               ? request_of(*python_version_file, inputs.home)
                               : std::nullopt;
    if (from_file) {
      inputs.request = *from_file;
      try {
        use(InterpreterFinder(store_).find(inputs));
        return;
      } catch (const Error& error) {
        if (error.kind() != ErrorKind::not_found || !metadata_.requires_python) throw;
        progress_.warning("'" + python_version_file->path + "' asks for Python " + from_file->text +
                          ", which does not go with the script's requires-python; it is not looked at");
        inputs.request = InterpreterRequest();
      }
    }
    use(InterpreterFinder(store_).find(inputs));
  }

  /// `==3.12` means 3.12.0 alone, but authors of scripts mean 3.12.*, and uv runs it so.
  static std::optional<pypackaging::SpecifierSet> widened(
      const std::optional<pypackaging::SpecifierSet>& requires_python) {
    if (!requires_python || requires_python->clauses().size() != 1) return requires_python;
    const pypackaging::Specifier& only = requires_python->clauses().front();
    const bool is_short = only.op() == pypackaging::Operator::equal && !only.is_prefix_match() &&
                          only.version() && only.version()->canonical() == only.version()->base_version() &&
                          only.version()->release().size() <= 2;
    if (!is_short) return requires_python;
    auto wide = pypackaging::SpecifierSet::parse(requires_python->canonical() + ".*");
    return wide ? std::optional(std::move(*wide)) : requires_python;
  }

  void warn_of_widening() {
    const auto version = pypackaging::Version::parse(interpreter_.version);
    if (!metadata_.requires_python || !version || metadata_.requires_python->matches(*version)) return;
    const std::string wanted = metadata_.requires_python->canonical();
    if (widened(metadata_.requires_python)->canonical() == wanted) return;
    progress_.warning("requires-python is '" + wanted + "', which is " + wanted.substr(2) +
                      ".0 alone; it runs with " + interpreter_.version + ": write '" + wanted +
                      ".*' for all of that version");
  }

  void use(Discovery discovery) {
    interpreter_ = std::move(discovery.interpreter);
    watched_.insert(watched_.end(), discovery.watched.begin(), discovery.watched.end());
    warn_of_widening();
  }

  LaunchPlan provide_or_take_back(Lease& lease, const ResolutionSettings& settings) {
    try {
      return provide_layers(lease, settings);
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::no_space) take_back_trees(store_, lease);
      throw;
    }
  }

  LaunchPlan provide_layers(Lease& lease, const ResolutionSettings& settings) {
    LaunchPlan plan = provide_layers_as(lease, settings, request_.layout);
    // If some distribution requires real paths, every layer of the run is laid out as a forest.
    if (request_.layout == Layout::farm && wants_forest(plan))
      return provide_layers_as(lease, settings, Layout::forest);
    return plan;
  }

  LaunchPlan provide_layers_as(Lease& lease, const ResolutionSettings& settings, Layout layout) {
    LaunchPlan plan;
    plan.interpreter = interpreter_.path;
    plan.home = interpreter_.home;
    plan.version = interpreter_.version;
    plan.site_path = interpreter_.site_path;
    if (!metadata_.dependencies.empty()) {
      LayerRequest request;
      SourcedRequirements sourced = apply_sources(metadata_.dependencies, settings.sources,
                                                  settings.named_indexes, interpreter_.markers);
      request.requirements = std::move(sourced.requirements);
      request.label = label_of(request_);
      watch_direct(request);
      // Sources apply to the script's own packages, not to other layers.
      ResolutionSettings own = settings;
      own.indexes.bound = std::move(sourced.bound);
      plan.layers.push_back(provide(lease, own, layout, request, {}, client_));
    }
    const WithLayer& with = with_layer();
    if (!with.request.requirements.empty()) {
      LayerRequest request = with.request;
      watch_direct(request);
      const ResolutionSettings own = with_file_options(settings, with.files);
      plan.layers.insert(plan.layers.begin(), provide(lease, own, layout, request, plan.layers, nullptr));
    }
    if (is_pip(request_.target) && !has_pip(plan)) {
      LayerRequest pip = own_pip_request(interpreter_);
      watch_direct(pip);
      plan.layers.push_back(provide(lease, own_pip_settings(settings, pip), layout, pip, {}, nullptr));
    }
    return plan;
  }

  /// Read once: a file may be a pipe.
  const WithLayer& with_layer() {
    if (with_) return *with_;
    with_ = read_with_layer(request_);
    for (const RequirementsFile& file : with_->files) depend_on(file);
    watched_.insert(watched_.end(), requirements_files_.begin(), requirements_files_.end());
    return *with_;
  }

  LayerPlan provide(Lease& lease, const ResolutionSettings& settings, Layout layout,
                    const LayerRequest& request, const std::vector<LayerPlan>& below,
                    const std::shared_ptr<IndexClient>& client) {
    // Each layer has its own provisioner, because hashes and file options differ.
    Provisioner provisioner(store_, lease, interpreter_, settings, layout, progress_);
    if (client) provisioner.use(client);
    LayerPlan plan = provisioner.provide(request, below);
    report_.installed += provisioner.report().installed;
    report_.reused += provisioner.report().reused;
    report_.seconds += provisioner.report().seconds;
    return plan;
  }

  /// A local wheel that was rewritten is a different wheel.
  void watch_direct(LayerRequest& request) {
    for (const auto& requirement : request.requirements)
      if (const auto path = requirement.url ? local_path(*requirement.url) : std::nullopt)
        request.local_wheels.push_back(watch(*path));
    watched_.insert(watched_.end(), request.local_wheels.begin(), request.local_wheels.end());
  }

  bool has_pip(const LaunchPlan& plan) {
    std::vector<SnapshotId> snapshots;
    for (const LayerPlan& layer : plan.layers) snapshots.push_back(layer.snapshot);
    return pins_of(store_, snapshots).contains("pip");
  }

  bool wants_forest(const LaunchPlan& plan) {
    Index::Read rows = store_.index().read();
    for (const LayerPlan& layer : plan.layers)
      if (const auto row = rows.snapshot(layer.snapshot))
        if (!SnapshotRecord::parse(row->record).forced_forest.empty()) return true;
    return false;
  }

  Store& store_;
  const RunRequest& request_;
  Progress& progress_;
  ScriptMetadata metadata_;
  std::optional<WithLayer> with_;
  Interpreter interpreter_;
  PythonPreference preference_ = PythonPreference::system;
  std::shared_ptr<IndexClient> client_;  ///< for the script's own layer; null if nothing was prefetched
  std::vector<WatchedPath> watched_, requirements_files_;
  std::set<std::string> variables_;  ///< that the requirements files refer to
  ProvisionReport report_;
};

}  // namespace

PreparedRun prepare_run(Store& store, const RunRequest& request, Progress& progress) {
  const RunKey key = key_of(store, request);
  if (auto run = known_run(store, request, key)) return std::move(*run);
  return Preparation(store, request, progress).run(key);
}

}  // namespace envstore
