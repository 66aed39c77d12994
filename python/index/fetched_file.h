#pragma once
#include <memory>
#include <optional>
#include <span>

#include "store/platform/files.h"
#include "store/platform/memory.h"

namespace envstore {

/// The bytes of a file that was fetched, or of a local one. What was fetched has no name: it is gone with
/// this.
class FetchedFile {
 public:
  explicit FetchedFile(MappedFile file) : file_(std::move(file)) {}
  /// The first `size` bytes of `memory`. `share`: lives as long as they do.
  FetchedFile(Memory memory, std::size_t size, std::shared_ptr<const void> share)
      : share_(std::move(share)), memory_(std::move(memory)), size_(size) {}

  std::span<const std::byte> bytes() const { return file_ ? file_->bytes() : memory_.bytes().first(size_); }
  /// The bytes are in this process alone, so what was checked while they arrived still holds.
  bool is_in_memory() const { return !file_; }

 private:
  std::optional<MappedFile> file_;
  std::shared_ptr<const void> share_;  ///< destroyed after the memory
  Memory memory_;
  std::size_t size_ = 0;
};

}  // namespace envstore
