#pragma once
#include <exception>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "pypackaging/version.h"
#include "python/index/index_client.h"
#include "python/provision/fetch_queue.h"
#include "python/provision/fetched_tree.h"
#include "python/provision/sdist_builder.h"
#include "python/resolve/index_source.h"
#include "python/resolve/progress.h"
#include "python/wheel/file_digest.h"
#include "python/wheel/wheel.h"
#include "store/index/store.h"
#include "store/leases/lease.h"
#include "store/platform/thread_pool.h"

namespace envstore {

/// Downloads wheels and unpacks them into the store, several at a time, each once. Large wheels are
/// downloaded few at a time, so that complete ones are unpacked while others arrive. Thread-safe. A wheel
/// that has a row under its hash is neither downloaded nor opened. Source distributions are built by
/// `sdists`, as many at a time as there are cores.
class WheelFetcher final : public WheelPrefetch {
 public:
  /// `required`: a wheel without one of the hashes required for its project is refused; must outlive this
  /// object.
  WheelFetcher(StoreWriter& store, Lease& lease, IndexClient& client, SdistBuilder& sdists,
               Progress& progress, const RequiredHashes& required);
  /// Cancels queued wheels, downloads and builds; waits for wheels that are being unpacked.
  ~WheelFetcher() override;

  /// Starts fetching the wheel, unless this was done before. The future throws the error that fetching it
  /// failed with.
  std::shared_future<FetchedTree> start(const std::string& name, const pypackaging::Version& version,
                                        const IndexFile& file);
  /// As `start`, for a wheel that will likely be required: queued after all required ones. Files that are
  /// very large, or of unknown size, and source distributions are not prefetched.
  void prefetch(const std::string& name, const pypackaging::Version& version, const IndexFile& file) override;
  /// Throws the error that the first build failed with, if one has failed: it has ended the others, whose
  /// errors are of no interest.
  void throw_first_failure();
  /// To be called when all required wheels were started: cancels wheels that were only prefetched.
  void drop_prefetched();

 private:
  struct Wheel;
  using WheelPointer = std::shared_ptr<Wheel>;

  WheelPointer enqueue(const std::string& name, const pypackaging::Version& version, const IndexFile& file,
                       FetchQueue::Need need);
  std::optional<TreeId> known_tree(const std::string& name, const IndexFile& file);
  bool meets_required_hash(const std::string& name, const std::string& sha256);
  void check_hashes(const Wheel& wheel) const;
  void keep_proof(const Wheel& wheel, const TreeId& tree);
  void note_failure(const std::exception_ptr& failure);
  void enqueue_sdist(const WheelPointer& sdist, const pypackaging::Version& version);
  FetchedTree build(const Wheel& sdist, const pypackaging::Version& version);
  void dispatch();
  void download(const WheelPointer& wheel);
  void unpack_next();
  FetchedTree unpack(const Wheel& wheel);
  TreeId ingest(const Wheel& wheel, const WheelOrigin& origin);
  WheelOrigin origin_of(const Wheel& wheel) const;

  StoreWriter& store_;
  Lease& lease_;
  IndexClient& client_;
  SdistBuilder& sdists_;
  Progress& progress_;
  const RequiredHashes& required_;
  WheelWorkers workers_;
  std::mutex mutex_;                            ///< protects the members below, except the thread pools
  std::map<std::string, WheelPointer> wheels_;  ///< by URL
  FetchQueue to_download_, to_unpack_;
  DownloadLimit limit_;
  bool takes_no_prefetches_ = false;
  std::exception_ptr first_failure_;  ///< of a build
  // Destroyed before the other members, downloading_ first: its jobs post to unpacking_.
  ThreadPool building_, unpacking_, downloading_;
};

}  // namespace envstore
