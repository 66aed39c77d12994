#pragma once
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "python/index/index_client.h"
#include "python/index/page_cache.h"
#include "python/index/project_finder.h"

namespace envstore {

/// Finds the core metadata of wheels. Thread-safe.
class MetadataFinder {
 public:
  MetadataFinder(Store& store, const IndexSettings& settings, DocumentCache& cache, HttpClient& http)
      : store_(store), settings_(settings), cache_(cache), http_(http) {}

  std::optional<std::string> find(const IndexFile& file, Reach reach);

  /// A wheel that had to be fetched whole for its metadata, put at the new file `path`. False: there is none
  /// of `url`.
  bool take_wheel(const std::string& url, const std::string& path);

 private:
  std::string fetch(const IndexFile& file);
  std::optional<std::string> fetch_advertised(const IndexFile& file);
  std::string fetch_whole(const IndexFile& file);
  Fd unnamed_file();

  Store& store_;
  const IndexSettings& settings_;
  DocumentCache& cache_;
  HttpClient& http_;
  std::mutex mutex_;  ///< protects wheels_
  std::map<std::string, Fd> wheels_;
};

/// METADATA of a wheel that is here, of the dist-info directory that its file name calls for.
std::string read_wheel_metadata(std::span<const std::byte> wheel, const std::string& filename);

}  // namespace envstore
