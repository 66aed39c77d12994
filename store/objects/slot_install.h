#pragma once
#include <set>
#include <string>
#include <string_view>

#include "store/index/store.h"

namespace envstore {

/// Puts compiled modules into bytecode slots. A slot is never writable while a program could see it: what it
/// held (hard links) and what is new go into a new directory beside it, which takes its place by one
/// exchange. Only regular files are kept; whatever else somebody made in a slot goes.
class SlotInstaller {
 public:
  explicit SlotInstaller(Store& store) : store_(store) {}

  /// `slot` and `staged` are relative to the store's root. The files of `staged`, a directory, are moved; a
  /// file of the same name in the slot is replaced. One at a time in a store (locks/slots.lock).
  void install(const std::string& slot, const std::string& staged);

 private:
  void remove_half_made(const std::string& owner);

  Store& store_;
  std::set<std::string> cleaned_;  ///< owners whose half-made directories are gone
};

/// True for the name, beside slots, of a directory that is about to take a slot's place, or was left by a
/// process that died.
bool is_slot_in_the_making(std::string_view name);

}  // namespace envstore
