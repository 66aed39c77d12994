#pragma once
#include <memory>

#include "store/index/store.h"
#include "store/objects/blob_source.h"

namespace envstore {

/// A file of a tree from the wheel that the tree was made of: the one member, by range reads of the wheel at
/// its recorded origin (whole from servers that do no ranges), or from the wheel on this machine. What
/// envstore itself adds to a tree (RECORD, INSTALLER, scripts of entry points) is made again.
class WheelBlobSource final : public BlobSource {
 public:
  enum class Network { may_be_used, offline };
  WheelBlobSource(Store& store, Network network);
  ~WheelBlobSource() override;
  std::optional<std::string> fetch(const Wanted& wanted, std::string& why) override;

  class OpenWheel;

 private:
  OpenWheel& open(const TreeInfo& tree);
  std::string make_record(const TreeInfo& tree, const std::string& path);

  Store& store_;
  const Network network_;
  struct Http;
  std::unique_ptr<Http> http_;
  std::unique_ptr<OpenWheel> wheel_;  ///< the one that was asked last: many files of one tree come in a row
};

/// The names under which a wheel may have the member that lands at `path` of a tree, in the order in which
/// they count. `data`: the wheel's `.data` directory, empty where it has none.
std::vector<std::string> member_names(const std::string& path, const std::string& data);

}  // namespace envstore
