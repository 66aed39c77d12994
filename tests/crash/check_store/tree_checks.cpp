#include "tree_checks.h"

#include <sys/stat.h>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "reader.h"

namespace check {
namespace {

using Json = nlohmann::json;

constexpr const char* kCache = "__pycache__";

bool ends_in_cache(const std::string& path) {
  return path == kCache || path.ends_with(std::string("/") + kCache);
}

/// The path of a tree's file in a layout.
std::string place_of(const std::string& path, const std::string& site_path) {
  if (path.starts_with("site/")) return site_path + path.substr(4);
  if (path.starts_with("data/")) return path.substr(5);
  return path;
}

}  // namespace

const std::vector<ManifestEntry>* TreeChecks::manifest(const std::string& tree) {
  auto [known, is_new] = manifests_.try_emplace(tree);
  if (is_new) {
    try {
      known->second = read_manifest(root_ + "/trees/" + tree + "/manifest", tree);
    } catch (const std::exception&) {
      known->second = std::nullopt;
    }
  }
  return known->second ? &*known->second : nullptr;
}

const std::vector<std::string>& TreeChecks::faults_of_tree(const std::string& tree) {
  auto [known, is_new] = trees_.try_emplace(tree);
  if (is_new) examine_tree(tree, known->second);
  return known->second;
}

void TreeChecks::examine_tree(const std::string& tree, Faults& faults) {
  const std::string directory = root_ + "/trees/" + tree;
  if (!is_there(directory)) {
    faults.emplace_back("it is missing");
    return;
  }
  const auto* entries = manifest(tree);
  if (entries == nullptr) {
    faults.emplace_back("its manifest is missing or damaged");
    return;
  }
  try {
    const Json info = Json::parse(read_whole(directory + "/tree.json"));
    if (info.at("version") != 1 || !info.at("name").is_string()) faults.emplace_back("tree.json is wrong");
  } catch (const std::exception& error) {
    faults.emplace_back(std::string("tree.json: ") + error.what());
  }
  examine_files(directory, *entries, faults);
}

void TreeChecks::examine_files(const std::string& directory, const std::vector<ManifestEntry>& entries,
                               Faults& faults) {
  std::set<std::string> found;
  walk(directory, "", found, faults);
  found.erase("manifest");
  found.erase("tree.json");
  for (const ManifestEntry& entry : entries) {
    const auto facts = contents_.of(directory + "/" + entry.path);
    if (!facts)
      faults.push_back(entry.path + " is missing");
    else if (facts->sha256 != entry.blob || facts->size != entry.size)
      faults.push_back(entry.path + " has other bytes than the manifest says");
    else if (facts->mode != (entry.is_executable ? 0555U : 0444U))
      faults.push_back(entry.path + " has another mode than the manifest says");
    found.erase(entry.path);
  }
  for (const std::string& path : found) faults.push_back(path + " is in no manifest");
}

/// Collects the paths of regular files. A link must resolve to an existing path below trees/, or below
/// bytecode/ if it is named `__pycache__`.
void TreeChecks::walk(const std::string& directory, const std::string& below, std::set<std::string>& files,
                      Faults& faults) {
  for (const std::string& name : names_in(directory + "/" + below)) {
    const std::string path = below.empty() ? name : below + "/" + name;
    const std::string full = directory + "/" + path;
    struct stat facts {};
    if (lstat(full.c_str(), &facts) != 0) continue;
    if (S_ISDIR(facts.st_mode)) {
      walk(directory, path, files, faults);
    } else if (S_ISLNK(facts.st_mode)) {
      char* target = realpath(full.c_str(), nullptr);
      if (target == nullptr)
        faults.push_back(path + " leads nowhere");
      else if (!std::string(target).starts_with(root_ + (ends_in_cache(path) ? "/bytecode/" : "/trees/")))
        faults.push_back(path + " leads out of its place");
      std::free(target);
    } else if (S_ISREG(facts.st_mode)) {
      files.insert(path);
    } else {
      faults.push_back(path + " is no file, directory or link");
    }
  }
}

std::map<std::string, TreeChecks::Wanted> TreeChecks::wanted_files(const std::string& record,
                                                                   Faults& faults) {
  const Json value = Json::parse(record);
  const std::string site_path = value.at("site_path");
  std::map<std::string, Wanted> wanted;
  for (const Json& tree : value.at("trees")) {
    const auto* entries = manifest(tree.at("tree"));
    if (entries == nullptr) {
      faults.push_back("the manifest of tree " + tree.at("tree").get<std::string>() + " is missing");
      continue;
    }
    for (const ManifestEntry& entry : *entries) {  // where trees clash, the bytes of any of them are accepted
      Wanted& file = wanted[place_of(entry.path, site_path)];
      file.blobs.insert(entry.blob);
      file.is_rewritable = place_of(entry.path, site_path).starts_with("etc/");
    }
  }
  for (const Json& file : value.at("prefix_files"))
    wanted[file.at(0)] = {{sha256(file.at(1).get<std::string>())}, false};
  return wanted;
}

std::vector<std::string> TreeChecks::faults_of_layout(const std::string& snapshot, const std::string& layout,
                                                      const std::string& record) {
  Faults faults;
  const std::string directory = root_ + "/snapshots/" + snapshot + "." + layout;
  if (!is_there(directory)) return {"it is missing"};
  const auto wanted = wanted_files(record, faults);
  for (const auto& [path, file] : wanted) {
    const auto facts = contents_.of(directory + "/" + path, true);
    if (!facts)
      faults.push_back(path + " is missing");
    else if (!file.is_rewritable && !file.blobs.contains(facts->sha256))
      faults.push_back(path + " has bytes that no tree of the snapshot has there");
  }
  std::set<std::string> found;
  walk(directory, "", found, faults);
  for (const std::string& path : found)
    if (!wanted.contains(path)) faults.push_back(path + " is of no tree");
  return faults;
}

std::vector<std::string> TreeChecks::faults_of_record(const std::string& snapshot,
                                                      const std::string& record) {
  try {
    const Json value = Json::parse(read_whole(root_ + "/snapshots/" + snapshot + ".json"));
    const std::string own = value.at("record").dump();
    if (sha256(own) != snapshot) return {"its record hashes to another name"};
    if (!record.empty() && own != record) return {"its record is not that of the row"};
    for (const Json& request : value.at("requests")) request.at("canonical").get<std::string>();
  } catch (const std::exception& error) {
    return {error.what()};
  }
  return {};
}

}  // namespace check
