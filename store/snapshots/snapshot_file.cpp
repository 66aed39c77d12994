#include "store/snapshots/snapshot_file.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "store/platform/error.h"
#include "store/platform/folders.h"
#include "store/platform/json_number.h"

namespace envstore {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMostRequests = 100;

// Do not change these names: files contain them.
constexpr std::array<std::pair<RootKind, const char*>, 3> kRootKinds{
    {{RootKind::pin, "pin"}, {RootKind::venv, "venv"}, {RootKind::project, "project"}}};

RootKind kind_named(const std::string& text) {
  for (const auto& [kind, name] : kRootKinds)
    if (text == name) return kind;
  throw Error(ErrorKind::damaged, "a root of an unknown kind");
}

const char* name_of(RootKind wanted) {
  for (const auto& [kind, name] : kRootKinds)
    if (kind == wanted) return name;
  return "";
}

SnapshotFile parse(const std::string& text, const SnapshotId& id) {
  const Json value = Json::parse(text);
  SnapshotFile file;
  file.record = SnapshotRecord::parse(value.at("record").dump());
  if (file.record.id() != id) throw Error(ErrorKind::damaged, "its content is not what its name says");
  for (const Json& request : value.at("requests"))
    file.requests.push_back({request.at("canonical").get<std::string>(), id,
                             request.at("label").get<std::string>(),
                             whole_number<std::int64_t>(request.at("made_at_ns"))});
  for (const Json& root : value.value("roots", Json::array()))
    file.roots.emplace(
        root.at("name").get<std::string>(),
        RootRow{kind_named(root.at("kind").get<std::string>()), root.at("path").get<std::string>(), id,
                whole_number<std::int64_t>(root.at("made_at_ns"))});
  return file;
}

std::string print(const SnapshotFile& file) {
  Json requests = Json::array();
  for (const RequestRow& request : file.requests)
    requests.push_back(
        {{"canonical", request.canonical}, {"label", request.label}, {"made_at_ns", request.made_at_ns}});
  Json value = {{"record", Json::parse(file.record.canonical())}, {"requests", requests}};
  for (const auto& [name, root] : file.roots)
    value["roots"].push_back(
        {{"name", name}, {"kind", name_of(root.kind)}, {"path", root.path}, {"made_at_ns", root.made_at_ns}});
  return value.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

SnapshotFile::Roots roots_of(StoreWriter& store, const SnapshotId& id) {
  SnapshotFile::Roots roots;
  store.index().read().each_root([&](const std::string& name, const RootRow& row) {
    if (row.snapshot == id) roots.emplace(name, row);
    return true;
  });
  return roots;
}

}  // namespace

FileLock lock_snapshot(StoreWriter& store, const SnapshotId& id) {
  return FileLock::wait(store.root(), store_paths::snapshot_lock(id), LockMode::exclusive);
}

std::optional<SnapshotFile> read_snapshot_file(const StoreReader& store, const SnapshotId& id) {
  const std::string path = store_paths::snapshot_record(id);
  const std::optional<std::string> text = try_read_file(store.root(), path);
  if (!text) return std::nullopt;
  const auto damaged = [&](const char* reason) {
    return Error(ErrorKind::damaged, "cannot read '" + store.path() + "/" + path + "': " + reason);
  };
  try {
    return parse(*text, id);
  } catch (const Json::exception& error) {
    throw damaged(error.what());
  } catch (const Error& error) {
    throw damaged(error.what());
  }
}

std::optional<SnapshotFile> read_snapshot_file_if_whole(const StoreReader& store, const SnapshotId& id) {
  try {
    return read_snapshot_file(store, id);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::damaged) throw;
    return std::nullopt;
  }
}

void record_roots(Index::Write& write, const SnapshotFile::Roots& roots) {
  for (const auto& [name, root] : roots)
    if (!write.root(name)) write.put_root(name, root);
}

namespace {

void put(StoreWriter& store, const SnapshotId& id, const SnapshotFile& file) {
  const std::string path = store_paths::snapshot_record(id);
  with_folder(store.root(), path, [&] { replace_file(store.root(), path, print(file), 0444); });
}

}  // namespace

void note_request(StoreWriter& store, const SnapshotRecord& record,
                  const std::optional<RequestRow>& request) {
  const SnapshotId id = record.id();
  std::optional<SnapshotFile> file = read_snapshot_file_if_whole(store, id);
  const bool is_new = !file.has_value();
  if (is_new) file = SnapshotFile{record, {}, {}};
  bool is_known = !request;
  if (request) {
    auto& requests = file->requests;
    is_known = std::any_of(requests.begin(), requests.end(),
                           [&](const RequestRow& known) { return known.canonical == request->canonical; });
    if (!is_known) requests.push_back(*request);
    if (requests.size() > kMostRequests) requests.erase(requests.begin());
  }
  if (is_new || !is_known) put(store, id, *file);
}

bool note_roots(StoreWriter& store, const SnapshotId& id) {
  const FileLock lock = lock_snapshot(store, id);
  const auto row = store.index().read().snapshot(id);
  if (!row) return false;
  SnapshotFile file = read_snapshot_file_if_whole(store, id).value_or(
      SnapshotFile{SnapshotRecord::parse(row->record), {}, {}});
  SnapshotFile::Roots roots = roots_of(store, id);
  if (file.roots == roots) return false;
  file.roots = std::move(roots);
  replace_file(store.root(), store_paths::snapshot_record(id), print(file), 0444);
  return true;
}

}  // namespace envstore
