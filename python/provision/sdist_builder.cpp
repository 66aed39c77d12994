#include "python/provision/sdist_builder.h"

#include <fcntl.h>

#include <algorithm>

#include "pypackaging/filename.h"
#include "pypackaging/metadata.h"
#include "pypackaging/name.h"
#include "python/build/source_build.h"
#include "python/index/metadata_finder.h"
#include "python/network/url.h"
#include "python/provision/build_log_file.h"
#include "python/provision/shared_environment.h"
#include "python/source/sdist.h"
#include "python/wheel/file_hasher.h"
#include "store/leases/lease.h"
#include "store/platform/error.h"
#include "store/platform/path_parts.h"
#include "store/platform/terminal_text.h"

namespace envstore {
namespace {

using pypackaging::CoreMetadata;
using pypackaging::Version;

constexpr std::size_t kDeepestChain = 16;

/// The fields, without the description.
std::string fields_of(std::string text) {
  text.resize(std::min({text.find("\n\n"), text.find("\n\r\n"), text.size()}));
  return text;
}

/// An index may serve any file: its metadata must have the name and version that were requested.
void check_is(const CoreMetadata& core, const std::string& name, const Version& version,
              const std::string& filename) {
  if (const auto fault = core.fatal_error())
    throw Error(ErrorKind::invalid_input,
                "cannot use '" + filename + "': its metadata cannot be read: " + fault->message);
  if (pypackaging::normalize_name(core.name) == name && core.version && *core.version == version) return;
  throw Error(ErrorKind::invalid_input,
              "cannot use '" + filename + "': its metadata is about " + terminal_line(core.name) + " " +
                  (core.version ? core.version->canonical() : "of no version") + ", not " + name + " " +
                  version.canonical(),
              "the fault is the index's, or the source distribution's");
}

std::string chain_text(const BuildChain& innermost) {
  std::string text;
  for (const BuildChain* link = &innermost; link != nullptr; link = link->outer)
    text = link->name + " " + link->version + (text.empty() ? "" : " -> ") + text;
  return text;
}

/// A build that needs what is being built would never end.
void check_chain(const BuildChain& build) {
  std::size_t depth = 1;
  for (const BuildChain* link = build.outer; link != nullptr; link = link->outer, ++depth) {
    const bool is_cycle = link->name == build.name && link->version == build.version;
    if (!is_cycle && depth < kDeepestChain) continue;
    throw Error(ErrorKind::unsupported,
                "cannot build " + build.name + " " + build.version + ": " +
                    (is_cycle ? "its build needs itself: " : "too many builds need another build: ") +
                    chain_text(build),
                "take a wheel of one of these: without --no-binary, or with --no-build-package NAME");
  }
}

}  // namespace

/// The directories, the log and the settings of one build.
class SdistBuilder::Build {
 public:
  Build(SdistBuilder& builder, std::span<const std::byte> archive, const std::string& name,
        const Version& version, const IndexFile& file)
      : context_(builder.context_),
        chain_{context_.outer, name, version.canonical(), builder.running_},
        label_(name + " " + version.canonical()),
        lease_(start(context_, chain_, label_)),
        log_(context_.store, name, version.canonical()),
        environments_(environments(builder)),
        build_(inputs(archive, file), *environments_) {}

  /// Runs `work`; if it fails, the log stays.
  template <class Work>
  auto run(const Work& work) {
    try {
      return work(build_);
    } catch (...) {
      log_.keep();
      throw;
    }
  }

  /// Builds it at the first call.
  const std::string& wheel() {
    if (wheel_.empty()) wheel_ = run([](SourceBuild& its) { return its.wheel(); });
    return wheel_;
  }
  const std::vector<std::string>& pins() const { return build_.pins(); }

 private:
  static Lease start(const BuildContext& context, const BuildChain& chain, const std::string& label) {
    check_chain(chain);
    const BuildSettings& settings = context.settings.build;
    const auto refuse = [&](const std::string& what) {
      throw Error(ErrorKind::unsupported, "cannot build " + label + ": " + what + " is not supported",
                  "leave the setting away, or take a wheel: --no-build-package " + chain.name);
    };
    if (!settings.unsupported.empty()) refuse(settings.unsupported.front());
    context.progress.building(label);
    return std::move(*Lease::acquire(context.store, LeaseKind::ingest, {}, "build of " + label));
  }

  std::unique_ptr<BuildEnvironments> environments(SdistBuilder& builder) {
    if (!context_.settings.build.is_isolated(chain_.name))
      return std::make_unique<SharedEnvironment>(context_, chain_, builder.installed());
    return std::make_unique<NestedEnvironments>(context_, chain_, builder.client_of_environments());
  }

  SourceBuild::Inputs inputs(std::span<const std::byte> archive, const IndexFile& file) {
    StoreWriter& store = context_.store;
    const std::string tmp = lease_.tmp_directory(), unpacked = tmp + "/source", work = tmp + "/work";
    make_directory(store.root(), unpacked, 0700);
    make_directory(store.root(), work, 0700);
    const Fd directory = open_directory(store.root(), unpacked);
    const std::string top = unpack_sdist(archive, file.filename, directory.get());
    SourceBuild::Inputs inputs;
    inputs.label = label_;
    inputs.source_directory = store.path() + "/" + unpacked + "/" + top;
    inputs.work_directory = store.path() + "/" + work;
    inputs.log_path = log_.path();
    inputs.settings = context_.settings.build.config_of(chain_.name);
    inputs.on_output = [this](std::string_view text) { context_.progress.build_output(text); };
    return inputs;
  }

  const BuildContext& context_;
  const BuildChain chain_;
  const std::string label_;
  Lease lease_;
  BuildLogFile log_;
  const std::unique_ptr<BuildEnvironments> environments_;
  SourceBuild build_;
  std::string wheel_;
};

/// One file. `mutex` is held during its download and its builds.
struct SdistBuilder::Source {
  std::mutex mutex;
  std::optional<FetchedFile> body;
  std::string sha256;                   ///< of `body`
  std::optional<std::string> metadata;  ///< fields
  std::optional<TreeId> tree;
  /// With its wheel, which had to be built for the metadata; the wheel is not built twice.
  std::unique_ptr<Build> build;
};

SdistBuilder::SdistBuilder(const BuildContext& context, IndexClient& client, const RequiredHashes& required)
    : context_(context),
      client_(client),
      required_(required),
      cache_(context.store),
      running_(context.outer == nullptr ? nullptr : &context.outer->running) {}

SdistBuilder::~SdistBuilder() = default;

void SdistBuilder::cancel() {
  is_cancelled_ = true;
  running_.cancel();
}

std::string SdistBuilder::metadata(const std::string& name, const Version& version, const IndexFile& file) {
  const auto its = source(file);
  const std::lock_guard lock(its->mutex);
  if (auto known = find_static(*its, name, version, file)) return *known;
  std::string text = build_metadata(*its, name, version, file);
  check_is(CoreMetadata::parse(text), name, version, file.filename);
  cache_.keep_metadata(key_of(*its, name, file), text);
  its->metadata = text;
  return text;
}

std::optional<std::string> SdistBuilder::static_metadata(const std::string& name, const Version& version,
                                                         const IndexFile& file) {
  const auto its = source(file);
  const std::lock_guard lock(its->mutex);
  return find_static(*its, name, version, file);
}

std::optional<std::string> SdistBuilder::find_static(Source& source, const std::string& name,
                                                     const Version& version, const IndexFile& file) {
  if (source.metadata) return source.metadata;
  if (const auto key = known_key(name, file); key && may_use_cache(name))
    if ((source.metadata = cache_.metadata(*key))) return source.metadata;
  fetch(source, name, file);
  const BuildKey key = key_of(source, name, file);
  if (may_use_cache(name) && (source.metadata = cache_.metadata(key))) return source.metadata;
  const auto text = read_pkg_info(source.body->bytes(), file.filename);
  if (!text) return std::nullopt;
  std::string fields = fields_of(*text);
  const CoreMetadata core = CoreMetadata::parse(fields);
  if (!is_static(core)) return std::nullopt;
  check_is(core, name, version, file.filename);
  cache_.keep_static_metadata(key, fields);
  return source.metadata = std::move(fields);
}

/// By the backend's hook, or from the wheel of a backend that has none.
std::string SdistBuilder::build_metadata(Source& source, const std::string& name, const Version& version,
                                         const IndexFile& file) {
  auto build = std::make_unique<Build>(*this, source.body->bytes(), name, version, file);
  if (auto text = build->run([](SourceBuild& its) { return its.metadata(); }))
    return fields_of(std::move(*text));
  const std::string path = build->wheel();
  const MappedFile wheel = MappedFile::open(AT_FDCWD, path);
  source.build = std::move(build);
  return fields_of(read_wheel_metadata(wheel.bytes(), name_of(path)));
}

std::optional<TreeId> SdistBuilder::known_tree(const std::string& name, const IndexFile& file) {
  const auto key = known_key(name, file);
  return key && may_use_cache(name) ? cache_.tree(*key) : std::nullopt;
}

FetchedTree SdistBuilder::wheel(const std::string& name, const Version& version, const IndexFile& file,
                                const Ingest& ingest) {
  const auto its = source(file);
  const std::lock_guard lock(its->mutex);
  if (its->tree) return {*its->tree, true};
  fetch(*its, name, file);
  const BuildKey key = key_of(*its, name, file);
  if (may_use_cache(name))
    if (const auto tree = cache_.tree(key)) return {*tree, true};
  if (!its->build) its->build = std::make_unique<Build>(*this, its->body->bytes(), name, version, file);
  const std::string path = its->build->wheel();
  const MappedFile wheel = MappedFile::open(AT_FDCWD, path);
  const TreeId tree = ingest(wheel.bytes(), name_of(path));
  WheelHash hash;
  hash.bytes = sha256(wheel.bytes());
  cache_.keep_wheel(key, {hash, name_of(path), its->build->pins()});
  its->build.reset();
  its->body.reset();
  its->tree = tree;
  return {tree, false};
}

std::shared_ptr<SdistBuilder::Source> SdistBuilder::source(const IndexFile& file) {
  const std::lock_guard lock(mutex_);
  auto& slot = sources_[file.url];
  if (!slot) slot = std::make_shared<Source>();
  return slot;
}

/// Downloads the file and checks every hash that is known of it.
void SdistBuilder::fetch(Source& source, const std::string& name, const IndexFile& file) {
  if (source.body) return;
  FetchedFile body = client_.download(file, is_cancelled_);
  if (local_path(file.url))
    check_stated_hashes(file.hashes, digests_of(body.bytes(), file.hashes), file.filename);
  if (required_.are_required()) check_required_hashes(required_.of(name), body.bytes(), file.filename);
  source.sha256 = to_hex(sha256(body.bytes()));
  source.body.emplace(std::move(body));
}

/// The key as the index states the hash, if that hash may be used; nullopt: the file must be looked at.
std::optional<BuildKey> SdistBuilder::known_key(const std::string& name, const IndexFile& file) const {
  const auto stated = file.hashes.digest("sha256");
  if (!stated || stated->empty() || local_path(file.url)) return std::nullopt;
  if (required_.are_required() && !required_.of(name).contains({"sha256", *stated})) return std::nullopt;
  return key_of(*stated, name);
}

BuildKey SdistBuilder::key_of(Source& source, const std::string& name, const IndexFile& file) {
  fetch(source, name, file);
  return key_of(source.sha256, name);
}

BuildKey SdistBuilder::key_of(const std::string& source_sha256, const std::string& name) const {
  const BuildSettings& settings = context_.settings.build;
  return build_key(source_sha256, name, context_.interpreter, settings,
                   settings.is_isolated(name) ? nullptr : &installed());
}

const std::vector<std::string>& SdistBuilder::installed() const {
  std::call_once(is_listed_, [this] { installed_ = installed_distributions(context_.interpreter); });
  return installed_;
}

/// --refresh builds again: what a build found on the machine may have changed. --upgrade, which looks at the
/// pages of indexes again, too, does not.
bool SdistBuilder::may_use_cache(const std::string& name) const {
  const ResolutionSettings& settings = context_.settings;
  const bool is_upgraded = std::any_of(settings.upgrade_packages.begin(), settings.upgrade_packages.end(),
                                       [&](const auto& each) { return each.normalized_name == name; });
  return (settings.upgrade || !settings.indexes.refresh) &&
         (is_upgraded || !settings.indexes.refresh_packages.contains(name));
}

std::shared_ptr<IndexClient> SdistBuilder::client_of_environments() {
  const std::lock_guard lock(mutex_);
  if (!environments_client_)
    environments_client_ = std::make_shared<IndexClient>(
        context_.store, build_environment_settings(context_.settings).indexes, &context_.progress);
  return environments_client_;
}

}  // namespace envstore
