#include "python/resolve/request_text.h"

#include <set>

#include "python/network/url.h"

namespace envstore {
namespace {

class TextBuilder {
 public:
  void line(const std::string& key, const std::string& value) { text_ += key + " " + value + "\n"; }
  void sorted(const std::string& key, const std::vector<pypackaging::Requirement>& requirements) {
    std::set<std::string> texts;
    for (pypackaging::Requirement requirement : requirements) {
      if (requirement.url) requirement.url = address_key(*requirement.url);
      texts.insert(requirement.canonical());
    }
    for (const std::string& text : texts) line(key, text);
  }
  void locations(const std::string& key, const std::vector<IndexLocation>& locations) {
    for (const IndexLocation& location : locations) line(key, address_key(location.url));
  }
  void lines(const std::string& lines) { text_ += lines; }
  std::string take() { return std::move(text_); }

 private:
  std::string text_ = "envstore request 1\n";
};

/// A span is part of the request as a span, not as the point in time that it denotes.
std::string cutoff_text(const UploadCutoff& cutoff) {
  return (cutoff.is_span ? "span " : "") + std::to_string(cutoff.ns);
}

}  // namespace

std::string request_text(const Layer& layer, const Interpreter& interpreter,
                         const std::vector<SnapshotId>& below) {
  const ResolutionSettings& settings = layer.settings;
  TextBuilder text;
  text.line("interpreter", interpreter.identity());
  text.line("python", interpreter.version);
  for (const auto& [name, value] : interpreter.markers) text.line("marker " + name, value);
  text.sorted("requirement", layer.requirements);
  if (layer.locked)
    for (const LockedPackage& package : layer.locked->packages)
      text.line("locked " + package.name, package.version.canonical() + " " + address_key(package.file.url));
  for (const WatchedPath& wheel : layer.local_wheels)
    if (wheel.stamp)
      text.line("wheel " + wheel.path, std::to_string(wheel.stamp->inode) + " " +
                                           std::to_string(wheel.stamp->size) + " " +
                                           std::to_string(wheel.stamp->mtime_ns));
  for (const auto& [name, hashes] : layer.hashes.allowed)
    for (const FileDigest& hash : hashes) text.line("hash " + name, hash.text());
  if (layer.hashes.for_all || settings.require_hashes) text.line("require-hashes", "yes");
  text.sorted("constraint", settings.constraints);
  text.sorted("override", settings.overrides);
  text.locations("index", settings.indexes.indexes);
  text.locations("find-links", settings.indexes.find_links);
  if (settings.indexes.no_index) text.line("no-index", "yes");
  for (const auto& [name, index] : settings.indexes.bound) text.line("bound " + name, address_key(index.url));
  if (settings.indexes.strategy != IndexStrategy::first_index)
    text.line("index-strategy", settings.indexes.strategy == IndexStrategy::unsafe_best_match
                                    ? "unsafe-best-match"
                                    : "unsafe-first-match");
  if (settings.without_dependencies) text.line("no-deps", "yes");
  for (const std::string& each : settings.static_metadata) text.line("static-metadata", each);
  for (const auto& [name, mode] : settings.package_prereleases)
    text.line("prereleases " + name, std::to_string(static_cast<int>(mode)));
  if (settings.exclude_newer) text.line("exclude-newer", cutoff_text(*settings.exclude_newer));
  for (const auto& [name, cutoff] : settings.exclude_newer_packages)
    text.line("exclude-newer " + name, cutoff ? cutoff_text(*cutoff) : "never");
  text.line("prereleases", std::to_string(static_cast<int>(settings.prereleases)));
  text.line("strategy", std::to_string(static_cast<int>(settings.strategy)));
  if (layer.source == Layer::Source::build) text.line("purpose", "build");
  text.lines(settings.build.text());
  if (settings.build.no_isolation || !settings.build.no_isolation_packages.empty())
    text.line("environment of builds", interpreter.found_as);
  for (const SnapshotId& snapshot : below) text.line("below", snapshot.hex());
  return text.take();
}

}  // namespace envstore
