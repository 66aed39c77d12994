#pragma once
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <semaphore>
#include <string>

#include "python/index/flat_files.h"
#include "python/index/index_client.h"
#include "python/index/page_cache.h"

namespace envstore {

/// Whether a look-up may use the network. `cache`: it may not; returns nullopt if it would have to.
enum class Reach { cache, network };

/// Finds the files of a project in the configured locations. Thread-safe.
class ProjectFinder {
 public:
  ProjectFinder(const IndexSettings& settings, DocumentCache& cache, HttpClient& http);
  std::optional<ProjectFiles> find(const std::string& normalized_name, Reach reach);
  /// See IndexClient::cached_page.
  std::optional<CachedPage> cached_page(const std::string& normalized_name);

 private:
  /// The answer of one location for one project or flat page.
  struct Answer {
    enum class Kind { page, not_there, needs_network, offline } kind = Kind::not_there;
    SimplePage page = {};
    std::optional<PageIdentity> identity = {};
  };
  using FlatPointer = std::shared_ptr<const FlatFiles>;

  Answer ask(const IndexLocation& location, const std::string& name, Reach reach);
  Answer ask_flat(const IndexLocation& location, const std::string& name, Reach reach);
  bool is_refreshed(const std::string& name) const;
  bool may_use(const CachedDocument& document, const std::string& name) const;
  /// The package indexes to search for a package, in order, without find-links.
  std::vector<IndexLocation> indexes_of(const std::string& name) const;
  Answer ask_remote(const IndexLocation& location, const std::string& url, const std::string& name,
                    Reach reach);
  Answer revalidate(const IndexLocation& location, const std::string& url, const std::string& name,
                    const std::string& key, std::optional<CachedDocument> known);
  Answer take_flat(const std::string& url, Answer answer, const std::string& name);

  const IndexSettings& settings_;
  DocumentCache& cache_;
  HttpClient& http_;
  SimplePage read(HttpResponse& response);

  std::counting_semaphore<> reading_;  ///< parsing takes many times the size of a page
  std::mutex mutex_;  ///< protects flat_; not held during a fetch: two threads may fetch the same page
  std::map<std::string, FlatPointer> flat_;
};

/// Parses a page by its Content-Type, or by its first character if that is not conclusive.
SimplePage read_page(const std::string& body, const std::string& content_type, const std::string& url);

}  // namespace envstore
