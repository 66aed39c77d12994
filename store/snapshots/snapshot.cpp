#include "store/snapshots/snapshot.h"

#include <nlohmann/json.hpp>

#include "store/platform/error.h"
#include "store/platform/json_number.h"

namespace envstore {
namespace {

using Json = nlohmann::json;  // keeps the keys of objects sorted

constexpr int kVersion = 1;

[[noreturn]] void throw_damaged(const std::string& reason) {
  throw Error(ErrorKind::damaged, "cannot read a snapshot's record: " + reason,
              "`envstore verify --rebuild-index` creates the index again from what is on disk");
}

TreeId tree_id_of(const Json& value) {
  const std::optional<TreeId> id = TreeId::parse(value.get<std::string>());
  if (!id) throw_damaged("a tree's id is malformed");
  return *id;
}

Json trees_of(const SnapshotRecord& record) {
  Json trees = Json::array();
  for (const SnapshotTree& tree : record.trees)
    trees.push_back({{"tree", tree.tree.hex()}, {"name", tree.name}, {"version", tree.version}});
  return trees;
}

SnapshotRecord from_json(const Json& value) {
  SnapshotRecord record;
  if (whole_number<int>(value.at("format")) != kVersion) throw_damaged("an unknown format");
  record.interpreter = value.at("interpreter").get<std::string>();
  record.site_path = value.at("site_path").get<std::string>();
  record.cache_tag = value.at("cache_tag").get<std::string>();
  for (const Json& file : value.at("prefix_files"))
    record.prefix_files.emplace_back(file.at(0).get<std::string>(), file.at(1).get<std::string>());
  for (const Json& tree : value.at("trees"))
    record.trees.push_back({tree_id_of(tree.at("tree")), tree.at("name").get<std::string>(),
                            tree.at("version").get<std::string>()});
  record.forced_forest = value.at("forced_forest").get<std::vector<std::string>>();
  return record;
}

}  // namespace

std::string SnapshotRecord::canonical() const {
  Json files = Json::array();
  for (const auto& [path, content] : prefix_files) files.push_back(Json::array({path, content}));
  const Json value = {{"format", kVersion},
                      {"interpreter", interpreter},
                      {"site_path", site_path},
                      {"cache_tag", cache_tag},
                      {"prefix_files", files},
                      {"trees", trees_of(*this)},
                      {"forced_forest", forced_forest}};
  try {
    return value.dump();
  } catch (const Json::exception&) {
    throw Error(ErrorKind::invalid_input, "cannot write a snapshot's record: a text in it is not UTF-8");
  }
}

SnapshotRecord SnapshotRecord::parse(std::string_view canonical) {
  try {
    return from_json(Json::parse(canonical));
  } catch (const Json::exception& error) {
    throw_damaged(error.what());
  }
}

SnapshotId SnapshotRecord::id() const {
  return SnapshotId{sha256(as_bytes(canonical()))};
}

std::vector<TreeId> trees_of_record(std::string_view canonical) {
  // In JSON, an unescaped quote occurs only at the ends of a string, so this matches the key and nothing
  // else.
  constexpr std::string_view kKey = R"("tree":")";
  constexpr std::size_t kDigits = 2 * sizeof(TreeId::bytes);
  std::vector<TreeId> trees;
  for (std::size_t at = canonical.find(kKey); at != std::string_view::npos; at = canonical.find(kKey, at)) {
    at += kKey.size();
    const std::optional<TreeId> id = TreeId::parse(canonical.substr(at, kDigits));
    if (!id || canonical.substr(at + kDigits, 1) != "\"") throw_damaged("a tree's id is malformed");
    trees.push_back(*id);
  }
  return trees;
}

}  // namespace envstore
