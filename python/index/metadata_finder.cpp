#include "python/index/metadata_finder.h"

#include <fcntl.h>

#include "pypackaging/filename.h"
#include "pypackaging/name.h"
#include "python/index/download.h"
#include "python/index/http_status.h"
#include "python/network/url.h"
#include "python/wheel/file_hasher.h"
#include "python/wheel/wheel_archive.h"
#include "store/platform/error.h"
#include "store/platform/store_paths.h"
#include "store/platform/terminal_text.h"

namespace envstore {
namespace {

std::string metadata_url(const IndexFile& file) {
  const std::size_t end = std::min(file.url.find('?'), file.url.size());
  return file.url.substr(0, end) + ".metadata" + file.url.substr(end);
}

/// Keyed by the hash of the metadata if the package index gives it. Otherwise by URL and hash of the wheel:
/// with the wheel's hash alone, one package index could supply the metadata for a wheel of another.
std::string cache_key(const IndexFile& file) {
  if (const auto hash = file.metadata_hashes.digest("sha256"); hash && !hash->empty())
    return "metadata-sha256:" + *hash;
  const auto wheel = file.hashes.digest("sha256");
  return address_key(metadata_url(file)) + (wheel ? "#sha256=" + *wheel : "");
}

/// Only the fields: the description after the first empty line is most of the text and is never used.
std::string fields_of(std::string text) {
  text.resize(std::min({text.find("\n\n"), text.find("\n\r\n"), text.size()}));
  text.shrink_to_fit();
  return text;
}

/// Whether the text has the advertised hashes. METADATA read from the wheel, because the advertised file is
/// missing, may differ.
bool is_as_told(const IndexFile& file, const std::string& text) {
  return digests_of(as_bytes(text), file.metadata_hashes) == file.metadata_hashes;
}

void save(DocumentCache& cache, const IndexFile& file, const std::string& text) {
  if (file.metadata_hashes.digest("sha256") || file.hashes.digest("sha256"))
    cache.save_forever(cache_key(file), text);
  else
    cache.save(cache_key(file), text, {});
}

}  // namespace

void check_is_about(const pypackaging::CoreMetadata& core, const std::string& filename) {
  const auto wheel = pypackaging::WheelFilename::parse(filename);
  if (!wheel || core.fatal_error()) return;  // the user of the metadata reports this
  const bool is_named = pypackaging::normalize_name(core.name) == wheel->name;
  if (is_named && core.version && *core.version == wheel->version) return;
  throw Error(ErrorKind::invalid_input,
              "cannot use '" + filename + "': its metadata is about " + terminal_line(core.name) + " " +
                  (core.version ? core.version->canonical() : "of no version"),
              "the fault is the index's, or the wheel's");
}

std::string read_wheel_metadata(std::span<const std::byte> wheel, const std::string& filename) {
  const WheelArchive archive(wheel, filename);
  const std::string name = pypackaging::normalize_name(filename.substr(0, filename.find('-')));
  for (const zip::Member& member : archive.members()) {
    const std::size_t slash = member.name.find('/');
    if (slash == std::string::npos || std::string_view(member.name).substr(slash) != "/METADATA") continue;
    const std::string folder = member.name.substr(0, slash);
    if (!folder.ends_with(".dist-info") ||
        pypackaging::normalize_name(folder.substr(0, folder.find('-'))) != name)
      continue;
    if (member.size > kLargestMetadata)
      throw Error(ErrorKind::invalid_input, "cannot read '" + filename + "': its METADATA is too large");
    return archive.read(member);
  }
  throw Error(ErrorKind::invalid_input, "cannot read '" + filename + "': it has no METADATA of that name");
}

std::optional<std::string> MetadataFinder::find(const IndexFile& file, Reach reach) {
  if (const auto path = local_path(file.url)) {
    const MappedFile wheel = MappedFile::open(AT_FDCWD, real_path(*path).value_or(*path));
    return fields_of(read_wheel_metadata(wheel.bytes(), file.filename));
  }
  if (auto known = cache_.load(cache_key(file)))
    if (known->is_fresh || settings_.offline) return fields_of(std::move(known->body));
  if (settings_.offline)
    throw Error(ErrorKind::network, "cannot read the metadata of '" + file.filename + "': it is not cached",
                "run once without --offline");
  if (reach == Reach::cache) return std::nullopt;
  return fetch(file);
}

std::string MetadataFinder::fetch(const IndexFile& file) {
  std::optional<std::string> text;
  if (file.has_metadata) text = fetch_advertised(file);
  if (!text) text = fetch_ranges(file);
  if (!text) text = fetch_whole(file);
  const bool may_keep = is_as_told(file, *text);
  std::string fields = fields_of(std::move(*text));
  check_is_about(pypackaging::CoreMetadata::parse(fields), file.filename);
  if (may_keep) save(cache_, file, fields);
  return fields;
}

/// nullopt: the advertised metadata is missing, as on some mirrors.
std::optional<std::string> MetadataFinder::fetch_advertised(const IndexFile& file) {
  HttpRequest request;
  request.url = metadata_url(file);
  request.size_limit = kLargestMetadata;
  HttpResponse response = http_.start(std::move(request)).get();
  if (is_not_found(response)) return std::nullopt;
  if (!is_success(response)) throw_for_status(response, file.url);
  check_stated_hashes(file.metadata_hashes, digests_of(as_bytes(response.body), file.metadata_hashes),
                      file.filename + ".metadata");
  return std::move(response.body);
}

std::optional<std::string> MetadataFinder::fetch_ranges(const IndexFile& file) {
  std::optional<RemoteMetadata> found = read_remote_metadata(http_, file);
  if (!found) return std::nullopt;
  const std::lock_guard lock(mutex_);
  sizes_.insert_or_assign(file.url, found->wheel_size);
  return std::move(found->text);
}

std::string MetadataFinder::fetch_whole(const IndexFile& file) {
  const std::atomic<bool> is_given_up = false;
  Fd fd = unnamed_file(store_);
  download_file(http_, file, fd.get(), nullptr, is_given_up);
  std::string text;
  {
    const MappedFile wheel = MappedFile::of(fd.get(), file.filename);
    text = read_wheel_metadata(wheel.bytes(), file.filename);
  }
  const std::lock_guard lock(mutex_);
  wheels_.insert_or_assign(file.url, std::move(fd));
  return text;
}

Fd MetadataFinder::take_wheel(const std::string& url) {
  const std::lock_guard lock(mutex_);
  const auto found = wheels_.find(url);
  if (found == wheels_.end()) return Fd();
  Fd fd = std::move(found->second);
  wheels_.erase(found);
  return fd;
}

void MetadataFinder::forget(const IndexFile& file) {
  cache_.forget(cache_key(file));
}

std::optional<std::uint64_t> MetadataFinder::size_of(const IndexFile& file) {
  if (file.size) return file.size;
  const std::lock_guard lock(mutex_);
  const auto found = sizes_.find(file.url);
  if (found == sizes_.end()) return std::nullopt;
  return found->second;
}

}  // namespace envstore
