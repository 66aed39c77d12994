#include "python/provision/run_cache.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>

#include "python/launch/environment.h"
#include "python/launch/own_commands.h"
#include "python/provision/known_run.h"
#include "store/platform/error.h"

namespace envstore {
namespace {

/// Fields with their lengths, so that no two lists of fields give the same text.
class KeyText {
 public:
  void add(std::string_view key, std::string_view value) {
    text_.append(key).append("\0", 1).append(std::to_string(value.size())).append("\0", 1).append(value);
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

/// Stored on disk instead of the text, which may contain passwords. Long enough to be compared in its place.
std::string digest_of(const std::string& text) {
  return fingerprint(as_bytes(text)).hex() + fingerprint(as_bytes("again " + text)).hex();
}

/// Here an unset variable means the same as an empty one.
std::string_view value_of(const char* variable) {
  const char* value = std::getenv(variable);
  return value == nullptr ? std::string_view() : value;
}

/// Whether the text may contain relative paths, so that its meaning depends on the directory.
bool may_name_places(std::string_view text) {
  return text.find("[tool") != std::string_view::npos || text.find('/') != std::string_view::npos ||
         text.find(".whl") != std::string_view::npos;
}

void add_choice(KeyText& text, const LockChoice& choice) {
  for (const std::string& name : choice.extras) text.add("extra", name);
  for (const std::string& name : choice.groups) text.add("group", name);
  for (const std::string& name : choice.without_groups) text.add("no-group", name);
  if (choice.all_extras) text.add("all-extras", "yes");
  if (choice.all_groups) text.add("all-groups", "yes");
  if (choice.without_default_groups) text.add("no-default-groups", "yes");
}

/// The key of the row that has the names. It differs from the key of every run, which begins with another
/// field.
std::string names_text(const std::string& text) {
  KeyText key;
  key.add("variables of", text);
  return key.take();
}

std::string with_values(const std::string& text, const std::set<std::string>& names) {
  KeyText key;
  for (const std::string& name : names) {
    const char* value = std::getenv(name.c_str());
    key.add(name, value == nullptr ? "" : fingerprint(as_bytes(std::string_view(value))).hex());
  }
  return text + key.take();
}

}  // namespace

std::string run_cache_key(const StoreReader& store, const RunWords& request, std::string_view script_block,
                          const std::optional<PythonVersionFile>& python_version_file) {
  KeyText text;
  text.add("envstore", ENVSTORE_VERSION);
  text.add("script", script_block);
  if (may_name_places(script_block)) text.add("directory", directory_of(request));
  bool is_placed = may_name_places(request.python) || request.python.starts_with('.');
  for (const std::string& requirement : request.with) {
    text.add("with", requirement);
    is_placed = is_placed || may_name_places(requirement);
  }
  for (const std::string& path : request.with_requirements) {
    text.add("with-requirements", path);
    is_placed = is_placed || path.starts_with("/dev/");  // relative paths in such a file start here
  }
  add_choice(text, request.lock_choice);
  if (is_placed) text.add("cwd", current_directory());
  text.add("python", request.python);
  if (python_version_file) {
    text.add("python-version-file", python_version_file->path);
    for (const std::string& line : python_version_file->lines) text.add("python-version", line);
  }
  text.add("layout", request.layout == Layout::farm ? "farm" : "forest");
  text.add("isolated", request.isolated ? "yes" : "no");
  text.add("offline", request.offline ? "yes" : "no");
  text.add("PATH", without_runs(value_of("PATH"), store));
  const std::string_view virtual_env = value_of("VIRTUAL_ENV");
  text.add("VIRTUAL_ENV", is_inside_runs(virtual_env, store) ? "" : virtual_env);
  for (const char* variable :
       {"HOME", "PYENV_VERSION", "PYENV_ROOT", "UV_PYTHON_INSTALL_DIR", "XDG_DATA_HOME"})
    text.add(variable, value_of(variable));
  if (is_pip(request.target)) text.add("pip", "own");
  text.add("settings", request.raw_settings);
  return text.take();
}

namespace {

/// A path that may not be accessed, such as another user's directory on PATH, counts as absent.
std::optional<FileStamp> look(const std::string& path) {
  try {
    return stat_at(AT_FDCWD, path, Links::follow);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::permission) return std::nullopt;
    throw;
  }
}

}  // namespace

WatchedPath watch(const std::string& path) {
  return {path, look(path)};
}

bool is_unchanged(const WatchedPath& watched) {
  auto now = look(watched.path);
  if (now.has_value() != watched.stamp.has_value()) return false;
  if (!now) return true;
  if (S_ISFIFO(now->mode) || S_ISSOCK(now->mode)) return false;  // other contents at each read
  // Device numbers and link counts are not compared: the former change at a reboot, the latter with every new
  // link.
  const FileStamp& then = *watched.stamp;
  const bool is_same = now->inode == then.inode && now->mtime_ns == then.mtime_ns && now->mode == then.mode;
  return is_same && (now->is_directory() || (now->size == then.size && now->ctime_ns == then.ctime_ns));
}

std::optional<CachedRunRow> find_run(const StoreReader& store, const std::string& text) {
  const std::string key_text = digest_of(text);
  auto row = store.index().read().cached_run(fingerprint(as_bytes(key_text)));
  if (!row || row->key_text != key_text) return std::nullopt;
  if (!std::all_of(row->watched.begin(), row->watched.end(), is_unchanged)) return std::nullopt;
  return row;
}

std::optional<std::string> text_with_variables(const StoreReader& store, const RunWords& request,
                                               const std::string& text) {
  if (request.with_requirements.empty()) return text;
  const auto row = find_run(store, names_text(text));
  if (!row) return std::nullopt;
  std::set<std::string> names;
  for (std::size_t begin = 0; begin < row->plan.size();) {
    const std::size_t end = std::min(row->plan.find('\n', begin), row->plan.size());
    names.insert(row->plan.substr(begin, end - begin));
    begin = end + 1;
  }
  return with_values(text, names);
}

std::string keep_variables(StoreWriter& store, const std::string& text, const std::set<std::string>& names,
                           std::vector<WatchedPath> files, const std::vector<SnapshotId>& snapshots) {
  CachedRunRow row{digest_of(names_text(text)), std::move(files), snapshots, {}};
  for (const std::string& name : names) row.plan += name + "\n";
  Index::Write rows = store.index().write();
  rows.put_cached_run(fingerprint(as_bytes(row.key_text)), row);
  rows.commit();
  return with_values(text, names);
}

void keep_run(StoreWriter& store, const std::string& text, std::vector<WatchedPath> watched,
              const LaunchPlan& plan) {
  CachedRunRow row;
  row.key_text = digest_of(text);
  row.watched = std::move(watched);
  for (const LayerPlan& layer : plan.layers) row.snapshots.push_back(layer.snapshot);
  row.plan = plan.encode();
  Index::Write rows = store.index().write();
  rows.put_cached_run(fingerprint(as_bytes(row.key_text)), row);
  rows.commit();
}

}  // namespace envstore
