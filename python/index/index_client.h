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
#include "python/index/simple_page.h"
#include "python/network/http.h"
#include "store/index/store.h"

namespace envstore {

struct IndexLocation {
  std::string url;             ///< https://, http://, file://, or an absolute directory; may hold credentials
  std::string name = {};       ///< uv's index name, for messages
  bool is_find_links = false;  ///< a flat page or folder of files rather than a simple repository
  bool is_explicit = false;    ///< asked for nothing but the packages that are bound to it
};

/// uv's names. `first_index`: the first index that has a package answers for it; `unsafe_best_match`: the
/// versions of all indexes count.
enum class IndexStrategy { first_index, unsafe_best_match };

struct IndexSettings {
  std::vector<IndexLocation> indexes;  ///< in order of priority
  std::vector<IndexLocation> find_links;
  IndexStrategy strategy = IndexStrategy::first_index;
  /// Normalised name -> the one place that is asked for the package, whatever else has it (tool.uv.sources).
  std::map<std::string, IndexLocation> bound;
  bool no_index = false;
  bool offline = false;                    ///< only what is cached or local
  bool refresh = false;                    ///< cached pages are revalidated whatever their age
  std::set<std::string> refresh_packages;  ///< normalised names: the same for their pages alone
  bool use_keyring = false;                ///< passwords are asked of the program `keyring`
};

/// Where something came from, for messages: never with credentials, "the default index" for the built-in one.
std::string display_url(const std::string& url);
std::string without_credentials(const std::string& url);  ///< url.h

/// A page of an index as it was at one time: what is made of it holds as long as the contents do.
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
  std::optional<PageIdentity> identity = std::nullopt;  ///< when all files are of one page of a remote index
};

/// Progress of the network, reported from its thread.
class TransferObserver {
 public:
  virtual ~TransferObserver() = default;
  virtual void download_started(const std::string& filename, std::uint64_t size) = 0;
  /// `total`: what the server says; 0: not known.
  virtual void download_advanced(const std::string& filename, std::uint64_t received,
                                 std::uint64_t total) = 0;
  virtual void download_finished(const std::string& filename) = 0;
};

/// Pages, metadata and files of the configured indexes, cached in the store's index (documents) with ETag and
/// age. Makes the HTTP client on the first miss. All functions are thread-safe, and all but `download` return
/// at once; errors come with the future: Error{network} (no connection, 403, 5xx after retries),
/// Error{permission} (401, which origin, how to give credentials), Error{invalid_input} (garbage),
/// Error{not_found}.
class IndexClient {
 public:
  IndexClient(Store& store, IndexSettings settings, TransferObserver* observer);
  ~IndexClient();

  std::shared_future<ProjectFiles> project(const std::string& normalized_name);
  /// Who asks for the project's page next has it found anew: a page of thousands of files is not kept.
  void release_project(const std::string& normalized_name);
  /// The page that `project` would decode and answer with, if it would need the cache alone. Reads a few
  /// bytes, on the caller's thread; throws what reading the store does.
  std::optional<CachedPage> cached_page(const std::string& normalized_name);
  /// Core metadata of a wheel, without its description: PEP 658 where advertised (hashes checked), else range
  /// reads of its tail, else the whole wheel. What is cached or local is ready at once.
  std::shared_future<std::string> metadata(const IndexFile& file);
  /// What `metadata` has answered for the file, if it has.
  std::optional<std::string> known_metadata(const IndexFile& file);
  /// It is not what the wheel says: the next process asks anew.
  void forget_metadata(const IndexFile& file);
  /// The whole file, hashed while it arrives; a size or hash that differs from what the index said is
  /// Error{invalid_input}, a truncated one Error{network}. Small files of known size stay in memory, up to a
  /// share of it. Local files are opened, not copied, and whoever unpacks them checks their hash. Waits for
  /// the network; ends with Error{network} within about a second after `is_given_up` became true.
  FetchedFile download(const IndexFile& file, const std::atomic<bool>& is_given_up);
  /// Of a remote file, if its page or a range read of its metadata told.
  std::optional<std::uint64_t> size_of(const IndexFile& file);

  struct Impl;

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace envstore
