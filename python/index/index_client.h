#pragma once
#include <atomic>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "python/index/fetched_file.h"
#include "python/index/http_settings.h"
#include "python/index/simple_page.h"
#include "python/network/http.h"
#include "store/index/store.h"

namespace envstore {

struct IndexLocation {
  std::string url;             ///< https://, http://, file://, or an absolute directory; may hold credentials
  std::string name = {};       ///< uv's index name, for messages
  bool is_find_links = false;  ///< a flat page or folder of files, not a simple repository
  bool is_explicit = false;    ///< used only for packages that are bound to it
  /// HTTP statuses that mean that the index does not have the package (uv's ignore-error-codes).
  std::vector<int> ignored_statuses = {};
  std::string cache_control = {};  ///< replaces that of the answers (uv's cache-control.api); empty: theirs
  bool operator==(const IndexLocation&) const = default;
};

/// uv's names. `first_index`: only the first package index that has a package is used for it. In the other
/// two the versions of all package indexes are candidates: with `unsafe_first_match` all versions of an index
/// precede those of later ones, with `unsafe_best_match` the version alone counts.
enum class IndexStrategy { first_index, unsafe_first_match, unsafe_best_match };

struct IndexSettings {
  std::vector<IndexLocation> indexes;  ///< in order of priority
  std::vector<IndexLocation> find_links;
  IndexStrategy strategy = IndexStrategy::first_index;
  /// Normalised name -> the only location used for the package, even if others have it (tool.uv.sources).
  std::map<std::string, IndexLocation> bound;
  bool no_index = false;
  bool offline = false;                    ///< use only cached or local data
  bool refresh = false;                    ///< revalidate cached pages, even fresh ones
  std::set<std::string> refresh_packages;  ///< normalised names: `refresh` only for their pages
  bool use_keyring = false;                ///< get passwords from the program `keyring`
  TransferSettings transfers;
  bool operator==(const IndexSettings&) const = default;
};

/// A URL for messages: without credentials; "the default index" for the built-in one.
std::string display_url(const std::string& url);
std::string without_credentials(const std::string& url);  ///< url.h

/// The version of a package index page. Data derived from the page stays valid as long as the contents are
/// the same.
struct PageIdentity {
  std::string url;  ///< without credentials
  Fingerprint contents;
};

struct CachedPage {
  PageIdentity identity;
  std::string where;  ///< for messages
};

struct ProjectFiles {
  enum class Absence { none, not_found, offline, no_index } absence = Absence::none;
  SimplePage page;
  std::string where;                                    ///< for messages
  std::optional<PageIdentity> identity = std::nullopt;  ///< set if all files are of one remote page
  std::string index = {};  ///< without credentials; set if all files are of one package index
};

/// Receives download progress; download_advanced is called on the network thread, the others on the thread
/// that downloads.
class TransferObserver {
 public:
  virtual ~TransferObserver() = default;
  virtual void download_started(const std::string& filename, std::uint64_t size) = 0;
  /// `total`: size according to the server; 0: unknown.
  virtual void download_advanced(const std::string& filename, std::uint64_t received,
                                 std::uint64_t total) = 0;
  virtual void download_finished(const std::string& filename) = 0;
};

/// Pages, metadata and files of the configured package indexes. Pages and metadata are cached in the store's
/// index (documents) with ETag and age. Creates the HTTP client on the first cache miss. All functions are
/// thread-safe, and all but `download` return immediately. Errors are in the future: Error{network} (no
/// connection, 403, 5xx after retries), Error{permission} (401, with the origin and how to give credentials),
/// Error{invalid_input} (malformed data), Error{not_found}.
class IndexClient {
 public:
  IndexClient(StoreWriter& store, IndexSettings settings, TransferObserver* observer);
  ~IndexClient();

  std::shared_future<ProjectFiles> project(const std::string& normalized_name);
  /// Drops the project's page, which may hold thousands of files, from memory. The next `project` call looks
  /// it up again.
  void release_project(const std::string& normalized_name);
  /// The cached page from which `project` would read the files; nullopt: `project` would need more than this
  /// page. Reads a few bytes on the caller's thread. Throws errors of reading the store.
  std::optional<CachedPage> cached_page(const std::string& normalized_name);
  /// Core metadata of a wheel, without its description: from PEP 658 metadata if advertised (hashes checked),
  /// else by range reads of its tail, else from the whole wheel. Cached or local metadata is ready when this
  /// returns.
  std::shared_future<std::string> metadata(const IndexFile& file);
  /// The result of `metadata` for the file, if it is already complete.
  std::optional<std::string> known_metadata(const IndexFile& file);
  /// Removes metadata from the cache because it contradicts the wheel: the next process fetches it again.
  void forget_metadata(const IndexFile& file);
  /// The whole file, hashed during the download. Error{invalid_input} if size or hash differ from those of
  /// the package index, Error{network} if it is truncated. Small files of known size stay in memory, within a
  /// MemoryBudget. Local files are opened, not copied, and not hashed: the ingest checks their hash. Blocks
  /// on the network; fails with Error{network} within about a second after `is_given_up` becomes true.
  FetchedFile download(const IndexFile& file, const std::atomic<bool>& is_given_up);
  /// The size of a remote file, if known from its page or a range read.
  std::optional<std::uint64_t> size_of(const IndexFile& file);

  struct Impl;

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace envstore
