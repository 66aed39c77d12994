#include "python/provision/fetch.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <limits>

#include "python/network/url.h"
#include "python/wheel/file_hasher.h"
#include "store/platform/error.h"

namespace envstore {
namespace {

using Need = FetchQueue::Need;

constexpr unsigned kMostDownloads = 50, kMostCores = 32;
constexpr const char* kProofPrefix = "wheel-digests:";  // do not change: rows are found by it
constexpr std::uint64_t kLargestPrefetched = std::uint64_t{64} << 20;

bool is_ready(const std::shared_future<FetchedTree>& tree) {
  return tree.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
}

}  // namespace

struct WheelFetcher::Wheel {
  std::string name, version;
  IndexFile file;
  std::uint64_t size = 0;      ///< 0: not known
  Need need = Need::required;  ///< protected by the fetcher's mutex
  std::atomic<bool> is_given_up = false;
  std::optional<FetchedFile> body;  ///< between download and unpacking
  std::promise<FetchedTree> promise;
  std::shared_future<FetchedTree> tree = promise.get_future().share();
};

WheelFetcher::WheelFetcher(StoreWriter& store, Lease& lease, IndexClient& client, SdistBuilder& sdists,
                           Progress& progress, const RequiredHashes& required)
    : store_(store),
      lease_(lease),
      client_(client),
      sdists_(sdists),
      progress_(progress),
      required_(required),
      workers_(core_count(kMostCores)),
      building_(core_count(kMostCores)),
      unpacking_(core_count(kMostCores)),
      downloading_(kMostDownloads) {
  lease_.tmp_directory();  // created before there are other threads
}

WheelFetcher::~WheelFetcher() {
  bool has_builds = false;
  {
    const std::lock_guard lock(mutex_);
    to_download_.clear();
    to_unpack_.clear();
    for (auto& [url, wheel] : wheels_) {
      wheel->is_given_up = true;
      has_builds = has_builds || (!is_wheel(wheel->file) && !is_ready(wheel->tree));
    }
  }
  if (has_builds) sdists_.cancel();
}

std::shared_future<FetchedTree> WheelFetcher::start(const std::string& name,
                                                    const pypackaging::Version& version,
                                                    const IndexFile& file) {
  const std::lock_guard lock(mutex_);
  const auto known = wheels_.find(file.url);
  if (known == wheels_.end()) return enqueue(name, version, file, Need::required)->tree;
  known->second->need = Need::required;
  to_download_.require(file.url);
  to_unpack_.require(file.url);
  return known->second->tree;
}

void WheelFetcher::prefetch(const std::string& name, const pypackaging::Version& version,
                            const IndexFile& file) {
  if (!is_wheel(file)) return;
  const std::optional<std::uint64_t> size = client_.size_of(file);
  if (!size || *size > kLargestPrefetched) return;
  const std::lock_guard lock(mutex_);
  if (!takes_no_prefetches_ && !wheels_.contains(file.url)) enqueue(name, version, file, Need::prefetched);
}

void WheelFetcher::drop_prefetched() {
  const std::lock_guard lock(mutex_);
  takes_no_prefetches_ = true;
  to_download_.drop_prefetched();
  to_unpack_.drop_prefetched();
  for (auto& [url, wheel] : wheels_)
    if (wheel->need == Need::prefetched) wheel->is_given_up = true;
}

/// Requires mutex_ held.
WheelFetcher::WheelPointer WheelFetcher::enqueue(const std::string& name, const pypackaging::Version& version,
                                                 const IndexFile& file, Need need) {
  downloading_.require_thread();
  unpacking_.require_thread();
  auto wheel = std::make_shared<Wheel>();
  wheel->name = name;
  wheel->version = version.canonical();
  wheel->file = file;
  wheel->size = client_.size_of(file).value_or(0);
  wheel->need = need;
  wheels_.emplace(file.url, wheel);
  if (!is_wheel(file)) {
    enqueue_sdist(wheel, version);
    return wheel;
  }
  if (const auto tree = known_tree(name, file)) {
    wheel->promise.set_value({*tree, true});
  } else {
    to_download_.add({file.url, wheel->size, need});
    dispatch();
  }
  return wheel;
}

/// Requires mutex_ held. A build comes after all wheels of the pool that it uses, its own.
void WheelFetcher::enqueue_sdist(const WheelPointer& sdist, const pypackaging::Version& version) {
  if (const auto tree = sdists_.known_tree(sdist->name, sdist->file))
    return sdist->promise.set_value({*tree, true});
  building_.require_thread();
  building_.post([this, sdist, version] {
    try {
      sdist->promise.set_value(build(*sdist, version));
    } catch (...) {
      note_failure(std::current_exception());
      sdist->promise.set_exception(std::current_exception());
    }
  });
}

/// Without this package the layer cannot be made: builds that take minutes would be for nothing.
void WheelFetcher::note_failure(const std::exception_ptr& failure) {
  {
    const std::lock_guard lock(mutex_);
    if (first_failure_) return;
    first_failure_ = failure;
  }
  sdists_.cancel();
}

void WheelFetcher::throw_first_failure() {
  const std::lock_guard lock(mutex_);
  if (first_failure_) std::rethrow_exception(first_failure_);
}

FetchedTree WheelFetcher::build(const Wheel& sdist, const pypackaging::Version& version) {
  if (sdist.is_given_up) throw Error(ErrorKind::busy, "cannot build " + sdist.name + ": the run has ended");
  return sdists_.wheel(sdist.name, version, sdist.file,
                       [&](std::span<const std::byte> wheel, const std::string& filename) {
                         WheelOrigin origin = origin_of(sdist);
                         origin.filename = filename;
                         progress_.unpacking(filename);
                         const TreeId tree = ingest_wheel(store_, lease_, workers_, wheel, origin);
                         progress_.unpacked(filename);
                         return tree;
                       });
}

std::optional<TreeId> WheelFetcher::known_tree(const std::string& name, const IndexFile& file) {
  const auto hash = file.hashes.digest("sha256");
  if (!hash) return std::nullopt;
  const auto id = WheelHash::parse(*hash);
  if (!id || !meets_required_hash(name, *hash)) return std::nullopt;
  Index::Read rows = store_.index().read();
  const auto wheel = rows.wheel(*id);
  if (!wheel || !rows.tree(wheel->tree)) return std::nullopt;
  return wheel->tree;
}

/// For a wheel in the store: compares the hashes that were recorded when it was ingested.
bool WheelFetcher::meets_required_hash(const std::string& name, const std::string& sha256) {
  if (!required_.are_required()) return true;
  const FileDigests& allowed = required_.of(name);
  if (allowed.contains({"sha256", sha256})) return true;
  const auto proof = store_.index().read().document(kProofPrefix + sha256);
  return proof && std::any_of(allowed.begin(), allowed.end(), [&](const FileDigest& hash) {
           return ("\n" + proof->body).find("\n" + hash.text() + "\n") != std::string::npos;
         });
}

/// Checks the index's hashes of a local file, which has not passed through download_file, and the user's
/// required hashes of any file. The ingest checks the index's SHA-256.
void WheelFetcher::check_hashes(const Wheel& wheel) const {
  const auto bytes = wheel.body->bytes();
  if (local_path(wheel.file.url)) {
    const auto for_ingest = wheel.file.hashes.digest("sha256");
    FileDigests stated;
    for (const FileDigest& hash : wheel.file.hashes)
      if (hash.algorithm != "sha256" || hash.hex.empty() || hash.hex != for_ingest) stated.add(hash);
    check_stated_hashes(stated, digests_of(bytes, stated), wheel.file.filename);
  }
  if (required_.are_required()) check_required_hashes(required_.of(wheel.name), bytes, wheel.file.filename);
}

/// Records digests of other algorithms than the store's own: they can only be computed from the wheel's
/// bytes, which are not kept.
void WheelFetcher::keep_proof(const Wheel& wheel, const TreeId& tree) {
  const FileDigests& allowed = required_.of(wheel.name);
  const auto row = store_.index().read().tree(tree);
  if (!row || allowed.empty() || allowed.contains({"sha256", row->wheel.hex()})) return;
  DocumentRow proof;
  proof.fetched_at_ns = store_.clock().now().time_since_epoch().count();
  proof.fresh_until_ns = std::numeric_limits<std::int64_t>::max();
  for (const FileDigest& hash : digests_of(wheel.body->bytes(), allowed)) proof.body += hash.text() + "\n";
  Index::Write write = store_.index().write();
  write.put_document(kProofPrefix + row->wheel.hex(), proof);
  write.commit();
}

/// Requires mutex_ held. Starts the downloads that limit_ admits.
void WheelFetcher::dispatch() {
  while (const auto item =
             to_download_.take([this](const FetchQueue::Item& each) { return limit_.admits(each.size); })) {
    limit_.begin(item->size);
    downloading_.post([this, wheel = wheels_.at(item->url)] { download(wheel); });
  }
}

void WheelFetcher::download(const WheelPointer& wheel) {
  std::exception_ptr fault;
  try {
    wheel->body.emplace(client_.download(wheel->file, wheel->is_given_up));
  } catch (...) {
    fault = std::current_exception();
  }
  if (fault) wheel->promise.set_exception(fault);
  const std::lock_guard lock(mutex_);
  limit_.end(wheel->size);
  if (!fault && !wheel->is_given_up) {
    to_unpack_.add({wheel->file.url, wheel->body->bytes().size(), wheel->need});
    unpacking_.post([this] { unpack_next(); });
  }
  dispatch();
}

void WheelFetcher::unpack_next() {
  WheelPointer wheel;
  {
    const std::lock_guard lock(mutex_);
    const auto item = to_unpack_.take([](const FetchQueue::Item&) { return true; });
    if (!item) return;  // cancelled in the meantime
    wheel = wheels_.at(item->url);
  }
  try {
    const FetchedTree tree = unpack(*wheel);
    wheel->body.reset();
    wheel->promise.set_value(tree);
  } catch (...) {
    wheel->body.reset();
    wheel->promise.set_exception(std::current_exception());
  }
}

TreeId WheelFetcher::ingest(const Wheel& wheel, const WheelOrigin& origin) try {
  return ingest_wheel(store_, lease_, workers_, wheel.body->bytes(), origin);
} catch (const Error& error) {
  if (error.kind() == ErrorKind::invalid_input) client_.forget_metadata(wheel.file);
  throw;
}

/// What must be true of the wheel, whether it was downloaded or built.
WheelOrigin WheelFetcher::origin_of(const Wheel& wheel) const {
  WheelOrigin origin;
  origin.expected_name = wheel.name;
  origin.expected_version = wheel.version;
  origin.on_warning = [this](const std::string& text) { progress_.warning(text); };
  return origin;
}

FetchedTree WheelFetcher::unpack(const Wheel& wheel) {
  check_hashes(wheel);
  WheelOrigin origin = origin_of(wheel);
  origin.filename = wheel.file.filename;
  origin.url = without_credentials(wheel.file.url);
  origin.expected_sha256 = wheel.file.hashes.digest("sha256");
  origin.has_checked_hash = wheel.body->is_in_memory();
  origin.expected_metadata = client_.known_metadata(wheel.file);
  progress_.unpacking(wheel.file.filename);
  const TreeId tree = ingest(wheel, origin);
  progress_.unpacked(wheel.file.filename);
  if (required_.are_required()) keep_proof(wheel, tree);
  return {tree, false};
}

}  // namespace envstore
