#include "store/snapshot_file.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "store/json_number.h"
#include "store/platform/error.h"

namespace envstore {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMostRequests = 100;

SnapshotFile parse(const std::string& text, const SnapshotId& id) {
  const Json value = Json::parse(text);
  SnapshotFile file;
  file.record = SnapshotRecord::parse(value.at("record").dump());
  if (file.record.id() != id) throw Error(ErrorKind::damaged, "its content is not what its name says");
  for (const Json& request : value.at("requests"))
    file.requests.push_back({request.at("canonical").get<std::string>(), id,
                             request.at("label").get<std::string>(),
                             whole_number<std::int64_t>(request.at("made_at_ns"))});
  return file;
}

std::string print(const SnapshotFile& file) {
  Json requests = Json::array();
  for (const RequestRow& request : file.requests)
    requests.push_back(
        {{"canonical", request.canonical}, {"label", request.label}, {"made_at_ns", request.made_at_ns}});
  const Json value = {{"record", Json::parse(file.record.canonical())}, {"requests", requests}};
  return value.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::optional<SnapshotFile> read_if_whole(Store& store, const SnapshotId& id) {
  try {
    return read_snapshot_file(store, id);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::damaged) throw;
    return std::nullopt;
  }
}

}  // namespace

FileLock lock_snapshot(Store& store, const SnapshotId& id) {
  return FileLock::wait(store.root(), std::string(layout::kLocks) + "/snapshot-" + id.hex().substr(0, 2),
                        LockMode::exclusive);
}

std::optional<SnapshotFile> read_snapshot_file(Store& store, const SnapshotId& id) {
  const std::string path = layout::snapshot_record(id);
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

void note_request(Store& store, const SnapshotRecord& record, const std::optional<RequestRow>& request) {
  const SnapshotId id = record.id();
  std::optional<SnapshotFile> file = read_if_whole(store, id);
  const bool is_new = !file.has_value();
  if (is_new) file = SnapshotFile{record, {}};
  bool is_known = !request;
  if (request) {
    auto& requests = file->requests;
    is_known = std::any_of(requests.begin(), requests.end(),
                           [&](const RequestRow& known) { return known.canonical == request->canonical; });
    if (!is_known) requests.push_back(*request);
    if (requests.size() > kMostRequests) requests.erase(requests.begin());
  }
  if (is_new || !is_known) replace_file(store.root(), layout::snapshot_record(id), print(*file), 0444);
}

}  // namespace envstore
