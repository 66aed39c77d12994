#pragma once
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>

#include "pypackaging/version.h"
#include "python/index/index_client.h"
#include "python/provision/build_cache.h"
#include "python/provision/build_environments.h"
#include "python/provision/fetched_tree.h"
#include "python/resolve/index_source.h"
#include "python/wheel/file_digest.h"

namespace envstore {

/// Metadata and wheels of source distributions, for one layer: downloads and checks them, and builds what the
/// store does not have. Before a line of a package's code runs, its file has the hash that the index states,
/// and one of the required ones. Thread-safe; several packages are built at the same time, each file once.
class SdistBuilder final : public SourceDistributions {
 public:
  /// The bytes of a wheel that was built for the named file, valid during the call.
  using Ingest = std::function<TreeId(std::span<const std::byte> wheel, const std::string& filename)>;

  /// Everything must outlive this object.
  SdistBuilder(const BuildContext& context, IndexClient& client, const RequiredHashes& required);
  ~SdistBuilder() override;
  /// Ends downloads and builds that are running; their callers get errors.
  void cancel();

  std::string metadata(const std::string& name, const pypackaging::Version& version,
                       const IndexFile& file) override;
  std::optional<std::string> static_metadata(const std::string& name, const pypackaging::Version& version,
                                             const IndexFile& file) override;
  /// The tree of a wheel that was built earlier. Does not wait for the network.
  std::optional<TreeId> known_tree(const std::string& name, const IndexFile& file);
  /// Builds the wheel and passes it to `ingest`. Throws Error{invalid_input} if the build fails, with the end
  /// of its output, or if it makes another distribution than `name` and `version`; Error{unsupported} if a
  /// setting is not supported, or if the build needs what is being built.
  FetchedTree wheel(const std::string& name, const pypackaging::Version& version, const IndexFile& file,
                    const Ingest& ingest);

 private:
  struct Source;
  class Build;
  std::shared_ptr<Source> source(const IndexFile& file);
  void fetch(Source& source, const std::string& name, const IndexFile& file);
  std::optional<BuildKey> known_key(const std::string& name, const IndexFile& file) const;
  BuildKey key_of(Source& source, const std::string& name, const IndexFile& file);
  std::optional<std::string> find_static(Source& source, const std::string& name,
                                         const pypackaging::Version& version, const IndexFile& file);
  std::string build_metadata(Source& source, const std::string& name, const pypackaging::Version& version,
                             const IndexFile& file);
  BuildKey key_of(const std::string& source_sha256, const std::string& name) const;
  const std::vector<std::string>& installed() const;
  bool may_use_cache(const std::string& name) const;
  std::shared_ptr<IndexClient> client_of_environments();

  const BuildContext context_;
  IndexClient& client_;
  const RequiredHashes& required_;
  BuildCache cache_;
  RunningBuilds running_;
  std::atomic<bool> is_cancelled_ = false;
  mutable std::once_flag is_listed_;
  mutable std::vector<std::string> installed_;              ///< beside the interpreter, when `is_listed_`
  std::mutex mutex_;                                        ///< protects the members below
  std::map<std::string, std::shared_ptr<Source>> sources_;  ///< by URL
  std::shared_ptr<IndexClient> environments_client_;
};

}  // namespace envstore
