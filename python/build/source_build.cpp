#include "python/build/source_build.h"

#include <fcntl.h>

#include <utility>

#include "pypackaging/filename.h"
#include "python/build/build_log.h"
#include "python/build/hook.h"
#include "python/build/missing.h"
#include "store/platform/files.h"
#include "store/platform/format.h"
#include "store/platform/terminal_text.h"

namespace envstore {
namespace {

constexpr std::size_t kLargestMetadata = std::size_t{64} << 20;
constexpr mode_t kPrivateFolder = 0700;

/// The names of the hooks of one target.
struct HookNames {
  const char *requires_, *prepare, *build;
};
constexpr HookNames kWheelHooks = {"get_requires_for_build_wheel", "prepare_metadata_for_build_wheel",
                                   "build_wheel"};
constexpr HookNames kEditableHooks = {"get_requires_for_build_editable",
                                      "prepare_metadata_for_build_editable", "build_editable"};

/// Whether a hook may return this as the name of what it made in a folder.
bool is_plain_name(const std::string& name, std::string_view ending) {
  return name.size() > ending.size() && name.ends_with(ending) && name.find('/') == std::string::npos &&
         name.find('\0') == std::string::npos && name.front() != '.';
}

}  // namespace

class SourceBuild::Impl {
 public:
  Impl(Inputs inputs, BuildEnvironments& environments)
      : inputs_(std::move(inputs)),
        environments_(environments),
        names_(inputs_.target == BuildTarget::wheel ? kWheelHooks : kEditableHooks),
        system_(read_build_system(inputs_.source_directory)) {
    if (inputs_.log_path.empty()) inputs_.log_path = inputs_.work_directory + "/build.log";
  }

  const BuildSystem& system() const { return system_; }
  const std::vector<std::string>& pins() const { return pins_; }
  const std::string& log_path() const { return inputs_.log_path; }

  std::optional<std::string> metadata() {
    prepare();
    const std::string folder = fresh_folder("metadata");
    const auto value = call({names_.prepare, {folder, inputs_.settings}});
    if (!value) return std::nullopt;
    const std::string& name = text_of(names_.prepare, *value);
    const std::string path = folder + "/" + name;
    if (!is_plain_name(name, ".dist-info") || !is_kind(path, &FileStamp::is_directory))
      fail(names_.prepare,
           format_text("it returned '{}', which is no folder that it made", terminal_line(name)));
    if (!is_kind(path + "/METADATA", &FileStamp::is_regular)) fail(names_.prepare, "it made no METADATA");
    std::string text = read_file(AT_FDCWD, path + "/METADATA", kLargestMetadata);
    metadata_directory_ = path;
    return text;
  }

  std::string wheel() {
    prepare();
    const std::string folder = fresh_folder("wheel");
    HookCall::Argument prepared = HookCall::None();
    if (metadata_directory_) prepared = *metadata_directory_;
    const auto value = call({names_.build, {folder, inputs_.settings, prepared}});
    if (!value) fail_missing();
    const std::string& name = text_of(names_.build, *value);
    if (!is_plain_name(name, ".whl") || !is_kind(folder + "/" + name, &FileStamp::is_regular))
      fail(names_.build,
           format_text("it returned '{}', which is no wheel that it made", terminal_line(name)));
    return folder + "/" + name;
  }

 private:
  /// The environment with all requirements of the backend, made once.
  void prepare() {
    if (environment_) return;
    make_environment(system_.requirements);
    if (!environments_.has_what_is_required()) return;
    const auto value = call({names_.requires_, {inputs_.settings}});
    if (!value) return;
    const auto* const texts = std::get_if<std::vector<std::string>>(&*value);
    if (texts == nullptr) fail(names_.requires_, "it returned no list");
    if (texts->empty()) return;
    std::vector<pypackaging::Requirement> all = system_.requirements;
    for (const std::string& text : *texts) all.push_back(requirement(text));
    make_environment(all);
  }

  pypackaging::Requirement requirement(const std::string& text) {
    auto parsed = pypackaging::Requirement::parse(text);
    if (!parsed)
      fail(names_.requires_,
           format_text("it returned '{}': {}", terminal_line(text), parsed.error().message));
    return std::move(*parsed);
  }

  void make_environment(const std::vector<pypackaging::Requirement>& requirements) {
    environment_.reset();  // its lease ends before another one is taken
    environment_ = environments_.make(requirements, inputs_.label);
    pins_ = environment_->pins();
  }

  /// nullopt: the backend has no such hook.
  std::optional<HookValue> call(const HookCall& call) {
    if (!log_) log_.emplace(inputs_.log_path, inputs_.on_output);
    log_->begin();
    HookResult result = run_hook(call,
                                 {.system = system_,
                                  .environment = *environment_,
                                  .source_directory = inputs_.source_directory,
                                  .work_directory = inputs_.work_directory,
                                  .time_limit = inputs_.time_limit},
                                 *log_);
    if (const auto* const failure = std::get_if<HookFailure>(&result)) fail(call.name, failure->reason);
    if (std::holds_alternative<HookMissing>(result)) return std::nullopt;
    return std::get<HookValue>(std::move(result));
  }

  const std::string& text_of(const std::string& hook, const HookValue& value) {
    const auto* const text = std::get_if<std::string>(&value);
    if (text == nullptr) fail(hook, "it returned a list");
    return *text;
  }

  std::string fresh_folder(const std::string& name) {
    const std::string path = inputs_.work_directory + "/" + name;
    remove_tree(AT_FDCWD, path);
    make_directory(AT_FDCWD, path, kPrivateFolder);
    return path;
  }

  static bool is_kind(const std::string& path, bool (FileStamp::*is_right)() const) {
    const auto facts = stat_at(AT_FDCWD, path, Links::do_not_follow);
    return facts && ((*facts).*is_right)();
  }

  [[noreturn]] void fail_missing() {
    const bool is_editable = inputs_.target == BuildTarget::editable;
    throw BuildFailure(
        format_text("cannot build '{}': its backend '{}' has no {}", terminal_line(inputs_.label),
                    terminal_line(system_.backend), names_.build),
        is_editable ? "the backend does not know editable projects (PEP 660): install it without --editable"
                    : "");
  }

  [[noreturn]] void fail(const std::string& hook, const std::string& reason) {
    const std::string lines = last_lines(log_->tail());
    std::string hint = what_is_missing(log_->tail());
    if (!lines.empty())
      hint += format_text("{}the whole output is in '{}'", hint.empty() ? "" : "; ", log_->path());
    throw BuildFailure(format_text("cannot build '{}': {} of '{}' failed: {}{}{}",
                                   terminal_line(inputs_.label), hook, terminal_line(system_.backend), reason,
                                   lines.empty() ? "" : "; the last lines of its output:", lines),
                       hint);
  }

  Inputs inputs_;
  BuildEnvironments& environments_;
  const HookNames names_;
  const BuildSystem system_;
  std::unique_ptr<BuildEnvironment> environment_;
  std::vector<std::string> pins_;
  std::optional<BuildLog> log_;
  std::optional<std::string> metadata_directory_;
};

SourceBuild::SourceBuild(Inputs inputs, BuildEnvironments& environments)
    : impl_(std::make_unique<Impl>(std::move(inputs), environments)) {}
SourceBuild::~SourceBuild() = default;
const BuildSystem& SourceBuild::build_system() const {
  return impl_->system();
}
std::optional<std::string> SourceBuild::metadata() {
  return impl_->metadata();
}
std::string SourceBuild::wheel() {
  return impl_->wheel();
}
const std::vector<std::string>& SourceBuild::pins() const {
  return impl_->pins();
}
const std::string& SourceBuild::log_path() const {
  return impl_->log_path();
}

}  // namespace envstore
