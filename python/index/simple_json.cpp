#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "python/index/page_builder.h"
#include "python/index/upload_time.h"
#include "store/platform/error.h"
#include "store/platform/json_number.h"

namespace envstore {
namespace {

using nlohmann::json;

[[noreturn]] void refuse(const std::string& page_url, const std::string& reason) {
  throw Error(ErrorKind::invalid_input, "cannot read '" + without_credentials(page_url) + "': " + reason);
}

const json* field(const json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

FileDigests read_hashes(const json& object) {
  FileDigests hashes;
  for (const auto& [algorithm, value] : object.items()) {
    if (value.is_null()) continue;
    const std::string hex = value.is_string() ? value.get<std::string>() : std::string();
    if (auto hash = FileDigest::read(algorithm, hex)) hashes.add(std::move(*hash));
  }
  return hashes;
}

/// PEP 714: `core-metadata` takes precedence. The value is a boolean or an object of hashes.
void read_metadata(const json& entry, IndexFile& file) {
  const json* value = field(entry, "core-metadata");
  if (value == nullptr) value = field(entry, "dist-info-metadata");
  if (value == nullptr) return;
  if (value->is_boolean()) file.has_metadata = value->get<bool>();
  if (!value->is_object()) return;
  file.has_metadata = true;
  file.metadata_hashes = read_hashes(*value);
}

void read_yanked(const json& entry, IndexFile& file) {
  const json* value = field(entry, "yanked");
  if (value == nullptr) return;
  if (value->is_string())
    file.yanked = value->get<std::string>();
  else if (value->is_boolean() && value->get<bool>())
    file.yanked.emplace();
}

/// nullopt: the entry has no file name or URL; the other entries are still used.
std::optional<IndexFile> read_file_entry(const json& entry) {
  if (!entry.is_object()) return std::nullopt;
  const json* filename = field(entry, "filename");
  const json* url = field(entry, "url");
  if (filename == nullptr || url == nullptr || !filename->is_string() || !url->is_string())
    return std::nullopt;
  IndexFile file;
  file.filename = filename->get<std::string>();
  file.url = url->get<std::string>();
  if (const json* hashes = field(entry, "hashes"); hashes && hashes->is_object())
    file.hashes = read_hashes(*hashes);
  if (const json* python = field(entry, "requires-python"); python && python->is_string())
    if (std::string text = python->get<std::string>();
        text.find_first_not_of(" \t\r\n\f") != std::string::npos)
      file.requires_python = std::move(text);
  read_yanked(entry, file);
  read_metadata(entry, file);
  if (const json* size = field(entry, "size"); size && size->is_number_unsigned())
    file.size = whole_number<std::uint64_t>(*size);
  if (const json* time = field(entry, "upload-time"); time && time->is_string())
    file.upload_time_ns = parse_upload_time(time->get_ref<const std::string&>());
  return file;
}

/// PEP 792.
void read_status(const json& page, PageBuilder& builder) {
  const json* project = field(page, "project-status");
  if (project == nullptr || !project->is_object()) return;
  const json *status = field(*project, "status"), *reason = field(*project, "reason");
  if (status != nullptr && status->is_string()) builder.set_status(status->get_ref<const std::string&>());
  if (reason != nullptr && reason->is_string())
    builder.set_status_reason(reason->get_ref<const std::string&>());
}

/// Extracts the files during parsing and drops all keys that installers do not use, so that memory depends
/// only on the useful data of a page.
class PageFilter {
 public:
  PageFilter(const std::string& page_url, PageBuilder& builder) : page_url_(page_url), builder_(builder) {}

  /// False: drop the value and everything below it.
  bool keeps(int depth, json::parse_event_t event, json& parsed) {
    using Event = json::parse_event_t;
    switch (event) {
      case Event::object_start:
      case Event::array_start:
        if (depth > kDeepest) refuse(page_url_, "it is nested too deeply for a page of an index");
        return event == Event::object_start ? depth < kInEntry + 1 : depth < kInFiles;
      case Event::key:
        return keeps_key(depth, parsed.get_ref<const std::string&>());
      case Event::value:
        return depth != kInFiles || top_ != "files";
      case Event::object_end:
        if (depth != kInFiles || top_ != "files") return true;
        if (std::optional<IndexFile> file = read_file_entry(parsed)) builder_.add(std::move(*file));
        return false;
      default:
        return true;
    }
  }

 private:
  // Nesting depth of the page's keys, its files, the keys of a file, its hashes.
  static constexpr int kInPage = 1, kInFiles = 2, kInEntry = 3, kInHashes = 4, kDeepest = 100;

  bool keeps_key(int depth, const std::string& key) {
    if (depth == kInPage) top_ = key;
    if (depth == kInPage) return key == "meta" || key == "files" || key == "project-status";
    if (depth == kInFiles)
      return (top_ == "meta" && key == "api-version") ||
             (top_ == "project-status" && (key == "status" || key == "reason"));
    if (depth == kInEntry) return std::find(kKeys.begin(), kKeys.end(), key) != kKeys.end();
    return depth == kInHashes && FileDigest::read(key, "").has_value();
  }

  static constexpr std::array<std::string_view, 9> kKeys = {"filename",           "url",    "hashes",
                                                            "requires-python",    "yanked", "core-metadata",
                                                            "dist-info-metadata", "size",   "upload-time"};
  const std::string& page_url_;
  PageBuilder& builder_;
  std::string top_;
};

}  // namespace

SimplePage parse_simple_json(std::string_view body, const std::string& base_url) {
  PageBuilder builder(base_url);
  PageFilter filter(base_url, builder);
  const json page = json::parse(
      body,
      [&](int depth, json::parse_event_t event, json& parsed) { return filter.keeps(depth, event, parsed); },
      false);
  if (page.is_discarded()) refuse(base_url, "it is not JSON");
  if (!page.is_object()) refuse(base_url, "it is no page of an index");
  const json* meta = field(page, "meta");
  const json* version = meta && meta->is_object() ? field(*meta, "api-version") : nullptr;
  if (version == nullptr || !version->is_string()) refuse(base_url, "it has no api-version");
  check_repository_version(version->get_ref<const std::string&>(), base_url);
  const json* files = field(page, "files");
  if (files == nullptr || !files->is_array()) refuse(base_url, "it has no list of files");
  read_status(page, builder);
  return builder.take();
}

}  // namespace envstore
