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
  MetadataFinder(StoreWriter& store, const IndexSettings& settings, DocumentCache& cache, HttpClient& http)
      : store_(store), settings_(settings), cache_(cache), http_(http) {}

  std::optional<std::string> find(const IndexFile& file, Reach reach);

  /// A wheel that was downloaded whole for its metadata, or an empty Fd. The caller owns the result; a second
  /// call returns none.
  Fd take_wheel(const std::string& url);
  /// Removes wrong metadata of the file from the cache.
  void forget(const IndexFile& file);
  /// The size of a remote file, if known from its page or a range read.
  std::optional<std::uint64_t> size_of(const IndexFile& file);

 private:
  std::string fetch(const IndexFile& file);
  std::optional<std::string> fetch_advertised(const IndexFile& file);
  std::optional<std::string> fetch_ranges(const IndexFile& file);
  std::string fetch_whole(const IndexFile& file);

  StoreWriter& store_;
  const IndexSettings& settings_;
  DocumentCache& cache_;
  HttpClient& http_;
  std::mutex mutex_;  ///< protects wheels_ and sizes_
  std::map<std::string, Fd> wheels_;
  std::map<std::string, std::uint64_t> sizes_;
};

/// METADATA of a remote wheel by range reads: suffix range, central directory, the exact member, inflated.
struct RemoteMetadata {
  std::string text;
  std::uint64_t wheel_size = 0;
};
/// nullopt: the server does not support ranges.
std::optional<RemoteMetadata> read_remote_metadata(HttpClient& http, const IndexFile& file);

/// Throws Error{invalid_input} if readable metadata names another project or version than the wheel's file
/// name: a package index may serve any file as metadata.
void check_is_about(const pypackaging::CoreMetadata& core, const std::string& filename);

/// METADATA of a local wheel, from the dist-info directory that matches the name in its file name.
std::string read_wheel_metadata(std::span<const std::byte> wheel, const std::string& filename);

}  // namespace envstore
