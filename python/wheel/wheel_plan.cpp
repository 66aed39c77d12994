#include "python/wheel/wheel_plan.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "pypackaging/filename.h"
#include "pypackaging/name.h"
#include "python/wheel/forest_rules.h"
#include "python/wheel/names.h"
#include "python/wheel/script.h"
#include "store/platform/error.h"
#include "store/platform/format.h"
#include "store/platform/text.h"

namespace envstore {
namespace {

constexpr std::string_view kDistInfo = ".dist-info";
constexpr std::string_view kData = ".data";
constexpr std::uint64_t kLargestText = std::uint64_t{16} << 20;
constexpr std::uint64_t kLargestEntryPoints = std::uint64_t{4} << 20;
constexpr std::pair<int, int> kKnownWheelVersion{1, 0};
// Limits on the work that a wheel causes in each run, far above real wheels.
constexpr std::ptrdiff_t kDeepestInPrefix = 50;
constexpr std::size_t kMostRunFiles = 10'000;
constexpr std::uint64_t kMostCopiedBytes = std::uint64_t{64} << 20;

std::string_view top_of(std::string_view path) {
  return path.substr(0, path.find('/'));
}

std::string_view below_top(std::string_view path) {
  const std::size_t slash = path.find('/');
  return slash == std::string_view::npos ? std::string_view{} : path.substr(slash + 1);
}

/// The levels of a path that each run creates itself; deeper paths are reached through a link
/// (python/launch/prefix_entries.cpp).
std::string_view first_levels(std::string_view path) {
  constexpr int kLevels = 5;  // the tree's part, three directories and their entries
  std::size_t end = 0;
  for (int level = 0; level < kLevels && end != std::string_view::npos; ++level)
    end = path.find('/', level == 0 ? 0 : end + 1);
  return path.substr(0, end);
}

std::uint64_t largest_size_of(std::string_view name) {
  if (name == "METADATA") return kLargestMetadata;
  return name == "entry_points.txt" ? kLargestEntryPoints : kLargestText;
}

/// The requirements that affect resolution, in canonical spelling.
std::set<std::string> needs_of(const pypackaging::CoreMetadata& metadata) {
  std::set<std::string> needs;
  for (const pypackaging::Requirement& requirement : metadata.requires_dist)
    needs.insert(requirement.canonical());
  if (metadata.requires_python) needs.insert("python " + metadata.requires_python->canonical());
  return needs;
}

class Planner {
 public:
  Planner(const WheelArchive& archive, const WheelOrigin& origin) : archive_(archive), origin_(origin) {}

  WheelPlan plan() {
    check_filename();
    find_dist_info();
    check_wheel_file();
    check_metadata();
    plan_entry_points();
    warn_of_repeated_members();
    for (const zip::Member& member : archive_.members()) place(member);
    generate(std::string(store_paths::kTreeSite) + "/" + plan_.dist_info + "/INSTALLER", Executable::no,
             "envstore\n");
    check_paths();
    check_cost_of_runs();
    find_forest_reason();
    return std::move(plan_);
  }

 private:
  [[noreturn]] void refuse(std::string_view reason) const {
    throw Error(ErrorKind::invalid_input,
                format_text("cannot unpack '{}': {}", printable(origin_.filename), reason));
  }
  [[noreturn]] void refuse_file(std::string_view path, std::string_view reason) const {
    throw Error(ErrorKind::invalid_input, format_text("cannot unpack '{}' of '{}': {}", printable(path),
                                                      printable(origin_.filename), reason));
  }

  void check_filename();
  void find_dist_info();
  void check_wheel_file();
  void check_metadata();
  void plan_entry_points();
  void add_script(const pypackaging::EntryPoint& point);
  void place(const zip::Member& member);
  void place_data(const zip::Member& member, std::string_view scheme, std::string_view rest);
  void place_script(const zip::Member& member, std::string_view name);
  void place_prefix_file(const zip::Member& member, std::string_view rest);
  void add(const zip::Member& member, PlannedKind kind, std::string path, Executable executable);
  void generate(std::string path, Executable executable, std::string content);
  void check_cost_of_runs() const;
  void warn_of_repeated_members();
  void check_paths();
  void check_is_same(const PlannedFile& first, const PlannedFile& second);
  void find_forest_reason();

  bool names_this_distribution(std::string_view directory, std::string_view suffix) const;
  std::string read_text(std::string_view name) const;

  const WheelArchive& archive_;
  const WheelOrigin& origin_;
  std::optional<pypackaging::Version> version_;
  std::string name_as_written_;
  std::unordered_set<std::string> entry_point_names_;
  WheelPlan plan_;
};

void Planner::check_filename() {
  const auto filename = pypackaging::WheelFilename::parse(origin_.filename);
  if (!filename) refuse(format_text("its name is not that of a wheel: {}", filename.error().message));
  plan_.name = filename->name;
  version_ = filename->version;
  plan_.version = version_->canonical();
  if (!origin_.expected_name.empty() && origin_.expected_name != plan_.name)
    refuse(format_text("it is a wheel of {}, not of {}", plan_.name, origin_.expected_name));
  if (origin_.expected_version.empty()) return;
  const auto expected = pypackaging::Version::parse(origin_.expected_version);
  if (!expected || *expected != *version_)
    refuse(format_text("it is version {}, not {}", plan_.version, printable(origin_.expected_version)));
}

/// The version in `NAME-VERSION.SUFFIX`.
std::optional<pypackaging::Version> version_of(std::string_view directory) {
  std::string version(directory.substr(0, directory.rfind('.')));
  version = version.substr(version.rfind('-') + 1);
  std::replace(version.begin(), version.end(), '_', '-');  // `_` is an escaped `-`
  auto parsed = pypackaging::Version::parse(version);
  if (!parsed) return std::nullopt;
  return std::move(*parsed);
}

/// Whether the directory is `NAME-VERSION` plus the suffix, where NAME normalises to this wheel's name.
/// VERSION need only be a version: installers do not compare it, only that of METADATA.
bool Planner::names_this_distribution(std::string_view directory, std::string_view suffix) const {
  if (!directory.ends_with(suffix) || !version_of(directory)) return false;
  directory.remove_suffix(suffix.size());
  const std::size_t dash = directory.rfind('-');
  return dash != std::string_view::npos &&
         pypackaging::normalize_name(directory.substr(0, dash)) == plan_.name;
}

void Planner::find_dist_info() {
  for (const zip::Member& member : archive_.members()) {
    const std::string_view top = top_of(member.name);
    if (top.size() == member.name.size() || !to_lower(top).ends_with(kDistInfo) || top == plan_.dist_info)
      continue;
    if (!plan_.dist_info.empty())
      refuse(format_text("it has two .dist-info directories, {} and {}", plan_.dist_info, printable(top)));
    plan_.dist_info = top;
  }
  if (plan_.dist_info.empty()) refuse("it has no .dist-info directory");
  if (!names_this_distribution(plan_.dist_info, kDistInfo))
    refuse(format_text("its {} does not fit its name", printable(plan_.dist_info)));
}

std::string Planner::read_text(std::string_view name) const {
  const std::string path = plan_.dist_info + "/" + std::string(name);
  const zip::Member* const member = archive_.find(path);
  if (member == nullptr) refuse(format_text("it has no {}", printable(path)));
  if (member->size > largest_size_of(name)) refuse_file(path, "it is too large");
  return archive_.read(*member);
}

void Planner::check_wheel_file() {
  const auto info = pypackaging::WheelInfo::parse(read_text("WHEEL"));
  if (!info) refuse_file(plan_.dist_info + "/WHEEL", info.error().message);
  const auto [major, minor] = info->wheel_version;
  if (major > kKnownWheelVersion.first)
    refuse(format_text("it is of wheel format {}.{}, and only {}.x is known", major, minor,
                       kKnownWheelVersion.first));
  if (info->wheel_version > kKnownWheelVersion)
    plan_.warnings.push_back(format_text("{} is of wheel format {}.{}, newer than the known {}.{}",
                                         origin_.filename, major, minor, kKnownWheelVersion.first,
                                         kKnownWheelVersion.second));
  // Ignore Root-Is-Purelib: purelib and platlib are one directory in a snapshot.
}

void Planner::check_metadata() {
  const std::string text = read_text("METADATA");
  const auto metadata = pypackaging::CoreMetadata::parse(text);
  const std::string path = plan_.dist_info + "/METADATA";
  if (const auto fault = metadata.fatal_error()) refuse_file(path, fault->message);
  if (pypackaging::normalize_name(metadata.name) != plan_.name)
    refuse_file(path, format_text("it is about {}, not {}", printable(metadata.name), plan_.name));
  const bool fits = metadata.version && *metadata.version == *version_;
  if (!fits && metadata.version && *metadata.version == version_of(plan_.dist_info))
    refuse(format_text("its {} does not fit its name", printable(plan_.dist_info)));
  if (!fits)
    refuse_file(path,
                format_text("it is about version {}, not {}",
                            metadata.version ? metadata.version->canonical() : "unknown", plan_.version));
  if (origin_.expected_metadata && text != *origin_.expected_metadata &&
      needs_of(pypackaging::CoreMetadata::parse(*origin_.expected_metadata)) != needs_of(metadata))
    refuse_file(path,
                "it does not ask for what the index says that it does: the versions were chosen by that");
  name_as_written_ = metadata.name;
}

void Planner::plan_entry_points() {
  if (archive_.find(plan_.dist_info + "/entry_points.txt") == nullptr) return;
  const auto groups = pypackaging::parse_entry_points(read_text("entry_points.txt"));
  if (!groups) refuse_file(plan_.dist_info + "/entry_points.txt", groups.error().message);
  for (const char* const group : {"console_scripts", "gui_scripts"})
    if (const auto points = groups->find(group); points != groups->end())
      for (const pypackaging::EntryPoint& point : points->second) add_script(point);
}

void Planner::add_script(const pypackaging::EntryPoint& point) {
  if (!is_safe_script_name(point.name)) refuse_file(point.name, "an entry point cannot have this name");
  if (!entry_point_names_.insert(point.name).second)
    return;  // a console script takes precedence over a gui script
  generate(std::string(store_paths::kTreeBin) + "/" + point.name, Executable::yes,
           entry_point_script(point.module, point.attribute));
}

void Planner::add(const zip::Member& member, PlannedKind kind, std::string path, Executable executable) {
  plan_.files.push_back({&member, kind, std::move(path), executable});
}

void Planner::generate(std::string path, Executable executable, std::string content) {
  plan_.generated.push_back({std::move(path), executable, std::move(content)});
}

void Planner::place(const zip::Member& member) {
  // Drop bytecode of the wheel: it cannot be trusted to match its source. envstore compiles its own into
  // slots.
  if (is_cached_bytecode(member.name)) return;
  const std::string_view top = top_of(member.name);
  const std::string_view rest = below_top(member.name);
  if (!rest.empty() && names_this_distribution(top, kData))
    return place_data(member, top_of(rest), below_top(rest));
  const bool is_replaced = top == plan_.dist_info && (rest == "RECORD" || rest == "INSTALLER");
  add(member, is_replaced ? PlannedKind::dropped : PlannedKind::copy,
      std::string(store_paths::kTreeSite) + "/" + member.name,
      member.executable ? Executable::yes : Executable::no);
}

void Planner::place_data(const zip::Member& member, std::string_view scheme, std::string_view rest) {
  const Executable executable = member.executable ? Executable::yes : Executable::no;
  if (rest.empty())
    refuse_file(member.name, "only purelib, platlib, scripts, headers and data may have files");
  if (scheme == "purelib" || scheme == "platlib")
    return add(member, PlannedKind::copy, format_text("{}/{}", store_paths::kTreeSite, rest), executable);
  if (scheme == "headers")
    return add(member, PlannedKind::copy,
               format_text("{}/{}/{}", store_paths::kTreeInclude, name_as_written_, rest), executable);
  if (scheme == "scripts") return place_script(member, rest);
  if (scheme == "data") return place_prefix_file(member, rest);
  refuse_file(member.name, format_text("there is no place named {}", printable(scheme)));
}

void Planner::place_script(const zip::Member& member, std::string_view name) {
  if (!is_safe_script_name(name)) refuse_file(member.name, "a script cannot have this name");
  const bool is_replaced = entry_point_names_.contains(std::string(name));
  add(member, is_replaced ? PlannedKind::dropped : PlannedKind::script,
      format_text("{}/{}", store_paths::kTreeBin, name), Executable::yes);
}

/// `data/bin/x` goes to the same path as scripts, so that clashes are found.
void Planner::place_prefix_file(const zip::Member& member, std::string_view rest) {
  const Executable executable = member.executable ? Executable::yes : Executable::no;
  for (const std::string_view own : {"pyvenv.cfg", ".inventory"})
    if (rest == own) refuse_file(member.name, "it would replace the environment's own file");
  for (const std::string_view own : {"bin", "lib", "lib64"})
    if (rest == own) refuse_file(member.name, "it would replace a directory of the environment");
  if (std::count(rest.begin(), rest.end(), '/') > kDeepestInPrefix)
    refuse_file(member.name, "it is too deep below the prefix, where each run would make its directories");
  // lib64 is a link to lib.
  if (top_of(rest) == "lib64")
    return add(member, PlannedKind::copy, format_text("{}/lib/{}", store_paths::kTreeData, below_top(rest)),
               executable);
  if (top_of(rest) != "bin" || below_top(rest).empty())
    return add(member, PlannedKind::copy, format_text("{}/{}", store_paths::kTreeData, rest), executable);
  const std::string_view name = below_top(rest);
  if (!is_safe_script_name(top_of(name))) refuse_file(member.name, "a script cannot have this name");
  const bool is_replaced = entry_point_names_.contains(std::string(name));
  add(member, is_replaced ? PlannedKind::dropped : PlannedKind::copy,
      format_text("{}/{}", store_paths::kTreeBin, name), executable);
}

/// Each run creates the names of scripts and prefix files, and copies the files below etc: limit both.
void Planner::check_cost_of_runs() const {
  std::unordered_set<std::string_view> names;
  std::uint64_t copied = 0;
  const auto count = [&](std::string_view path, std::uint64_t size) {
    if (path.starts_with("site/")) return;
    const bool is_etc = path.starts_with("data/etc/");
    const bool has_all_levels = is_etc || path.starts_with("data/share/jupyter/kernels/");
    names.insert(has_all_levels ? path : first_levels(path));
    if (is_etc) copied += size;
  };
  for (const GeneratedFile& file : plan_.generated) count(file.path, file.content.size());
  for (const PlannedFile& file : plan_.files) count(file.path, file.member->size);
  if (names.size() > kMostRunFiles)
    refuse(format_text(
        "it has {} scripts and files at the prefix, which each run would have to make; {} is the most",
        names.size(), kMostRunFiles));
  if (copied > kMostCopiedBytes)
    refuse(format_text("it has {} bytes below etc, which each run would have to copy; {} is the most", copied,
                       kMostCopiedBytes));
}

void Planner::warn_of_repeated_members() {
  const std::vector<std::string>& names = archive_.repeated();
  if (names.empty()) return;
  const std::string others = names.size() > 1 ? format_text(" (and {} more)", names.size() - 1) : "";
  plan_.warnings.push_back(format_text("'{}' holds a file twice, with the same content: '{}'{}",
                                       printable(origin_.filename), printable(names.front()), others));
}

/// Two members for one path must have the same content: neither could take precedence.
void Planner::check_is_same(const PlannedFile& first, const PlannedFile& second) {
  const bool is_same = first.kind == second.kind && archive_.has_same_content(*first.member, *second.member);
  if (!is_same)
    refuse_file(second.member->name, format_text("'{}' lands at the same path, with different content",
                                                 printable(first.member->name)));
  plan_.warnings.push_back(format_text("'{}' and '{}' of '{}' land at the same path, with the same content",
                                       printable(first.member->name), printable(second.member->name),
                                       printable(origin_.filename)));
}

/// Files that `.data` moves may clash with others: check all target paths.
void Planner::check_paths() {
  std::unordered_set<std::string_view> generated;
  for (const GeneratedFile& file : plan_.generated) generated.insert(file.path);
  std::unordered_map<std::string_view, const PlannedFile*> seen;
  for (PlannedFile& file : plan_.files) {
    if (file.kind == PlannedKind::dropped) continue;
    if (!is_safe_path(file.path)) refuse_file(file.member->name, "it would land at an unsafe path");
    if (generated.contains(file.path))
      refuse_file(file.member->name, "envstore makes a file at the path where it lands");
    if (const auto [first, is_new] = seen.emplace(file.path, &file); !is_new) {
      check_is_same(*first->second, file);
      file.kind = PlannedKind::dropped;
      continue;
    }
    std::string_view path = file.path;
    if (!path.starts_with("site/")) continue;
    path = below_top(path);
    const std::string_view top = top_of(path);
    if (top.size() != path.size() && top != plan_.dist_info && to_lower(top).ends_with(kDistInfo))
      refuse_file(file.member->name, "it would land in another distribution's .dist-info");
    for (std::size_t slash = path.rfind('/'); slash != std::string_view::npos && slash > 0;
         slash = path.rfind('/', slash - 1))
      if (!plan_.site_directories.emplace(path.substr(0, slash)).second) break;
  }
}

void Planner::find_forest_reason() {
  if (const ForestRule* const rule = forest_rule(plan_.name)) {
    plan_.forest_reason = rule->reason;
    return;
  }
  for (const zip::Member& member : archive_.members()) {
    const std::string_view rest = below_top(member.name);
    if (top_of(rest) != "data" || !names_this_distribution(top_of(member.name), kData)) continue;
    const std::string_view place = top_of(below_top(rest));
    if (place == "share" || place == "etc" || place == "include") continue;
    plan_.forest_reason = format_text(
        "it puts {} under the prefix, which programs look for through real paths", printable(place));
    return;
  }
}

}  // namespace

WheelPlan plan_wheel(const WheelArchive& archive, const WheelOrigin& origin) {
  return Planner(archive, origin).plan();
}

std::string path_from_site(std::string_view tree_path) {
  const std::string_view part = top_of(tree_path);
  const std::string_view rest = below_top(tree_path);
  if (part == store_paths::kTreeSite) return std::string(rest);
  if (part == store_paths::kTreeData) return format_text("../../../{}", rest);
  return format_text("../../../{}", tree_path);
}

}  // namespace envstore
