#pragma once
#include <memory>
#include <optional>
#include <span>

#include "store/platform/files.h"
#include "store/platform/memory.h"

namespace envstore {

/// The bytes of a downloaded or local file. A downloaded file has no name: its bytes are freed with this
/// object.
class FetchedFile {
 public:
  explicit FetchedFile(MappedFile file) : file_(std::move(file)) {}
  /// The first `size` bytes of `memory`. `share`: its part of the MemoryBudget, released after the memory.
  FetchedFile(Memory memory, std::size_t size, std::shared_ptr<const void> share)
      : share_(std::move(share)), memory_(std::move(memory)), size_(size) {}

  std::span<const std::byte> bytes() const { return file_ ? file_->bytes() : memory_.bytes().first(size_); }
  /// True: only this process has access to the bytes, so checks made during the download still hold.
  bool is_in_memory() const { return !file_; }

 private:
  std::optional<MappedFile> file_;
  std::shared_ptr<const void> share_;  ///< destroyed after the memory
  Memory memory_;
  std::size_t size_ = 0;
};

}  // namespace envstore
