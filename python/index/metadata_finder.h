#pragma once
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "pypackaging/metadata.h"
#include "python/index/index_client.h"
#include "python/index/page_cache.h"
#include "python/index/project_finder.h"

namespace envstore {

/// Finds the core metadata of wheels, without its description. Thread-safe.
class MetadataFinder {
 public:
  MetadataFinder(Store& store, const IndexSettings& settings, DocumentCache& cache, HttpClient& http)
      : store_(store), settings_(settings), cache_(cache), http_(http) {}

  std::optional<std::string> find(const IndexFile& file, Reach reach);

  /// A wheel that had to be fetched whole for its metadata: a file that belongs to the caller from now on.
  Fd take_wheel(const std::string& url);
  /// What is cached for the file turned out to be wrong.
  void forget(const IndexFile& file);
  /// Of a remote file, if its page or a range read told.
  std::optional<std::uint64_t> size_of(const IndexFile& file);

 private:
  std::string fetch(const IndexFile& file);
  std::optional<std::string> fetch_advertised(const IndexFile& file);
  std::optional<std::string> fetch_ranges(const IndexFile& file);
  std::string fetch_whole(const IndexFile& file);

  Store& store_;
  const IndexSettings& settings_;
  DocumentCache& cache_;
  HttpClient& http_;
  std::mutex mutex_;  ///< protects both
  std::map<std::string, Fd> wheels_;
  std::map<std::string, std::uint64_t> sizes_;
};

/// METADATA from a wheel at a URL by range reads: suffix range, central directory, the exact rest, one
/// inflate.
struct RemoteMetadata {
  std::string text;
  std::uint64_t wheel_size = 0;
};
/// nullopt: the server does no ranges.
std::optional<RemoteMetadata> read_remote_metadata(HttpClient& http, const IndexFile& file);

/// Throws Error{invalid_input} where metadata that can be read is of another project or version than the
/// wheel's file name says: what an index serves beside a wheel may be of anything.
void check_is_about(const pypackaging::CoreMetadata& core, const std::string& filename);

/// METADATA of a wheel that is here, of the dist-info directory that its file name calls for.
std::string read_wheel_metadata(std::span<const std::byte> wheel, const std::string& filename);

}  // namespace envstore
