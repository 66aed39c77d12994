#pragma once
#include <set>
#include <string>
#include <string_view>

#include "store/index/store.h"

namespace envstore {

/// Puts derived files into slots. A slot is never writable while a program could see it: the old
/// files (as hard links) and the new ones go into a new directory beside the slot, which replaces the slot by
/// one atomic exchange. Only regular files are kept; anything else in a slot is dropped.
class SlotInstaller {
 public:
  explicit SlotInstaller(StoreWriter& store) : store_(store) {}

  /// `slot` and `staged` are relative to the store's root. The files of `staged`, a directory, are moved; a
  /// file of the same name in the slot is replaced. Only one process per store installs at a time
  /// (locks/slots.lock).
  void install(const std::string& slot, const std::string& staged);

 private:
  void remove_half_made(const std::string& owner);

  StoreWriter& store_;
  std::set<std::string> cleaned_;  ///< owners whose leftover directories are removed
};

/// True for the name of a directory beside slots that is about to replace a slot, or was left by a process
/// that died.
bool is_slot_in_the_making(std::string_view name);

}  // namespace envstore
