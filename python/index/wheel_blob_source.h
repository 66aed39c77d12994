#pragma once
#include <memory>

#include "store/index/store.h"
#include "store/objects/blob_source.h"

namespace envstore {

/// Restores a file of a tree from the wheel of the tree: one member, by range reads at the recorded origin
/// (the whole wheel if the server does not support ranges), or from a local wheel. Files that envstore itself
/// adds to a tree (RECORD, INSTALLER, entry point scripts) are generated again.
class WheelBlobSource final : public BlobSource {
 public:
  enum class Network { may_be_used, offline };
  WheelBlobSource(StoreWriter& store, Network network);
  ~WheelBlobSource() override;
  std::optional<std::string> fetch(const Wanted& wanted, std::string& why) override;

  class OpenWheel;

 private:
  OpenWheel& open(const TreeInfo& tree);
  std::string make_record(const TreeInfo& tree, const std::string& path);

  StoreWriter& store_;
  const Network network_;
  struct Http;
  std::unique_ptr<Http> http_;
  std::unique_ptr<OpenWheel> wheel_;  ///< the last one used: requests for one tree come in sequence
};

/// The names that the member for `path` of a tree may have in the wheel, in order of precedence. `data`: the
/// wheel's `.data` directory, or empty.
std::vector<std::string> member_names(const std::string& path, const std::string& data);

}  // namespace envstore
