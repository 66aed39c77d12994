#include "gc/collect/trash.h"

#include "store/objects/tree_rows.h"
#include "store/platform/async.h"
#include "store/platform/error.h"
#include "store/platform/random.h"
#include "store/platform/store_paths.h"
#include "store/process/priority.h"

namespace envstore {

bool Trash::take(const std::string& path) {
  std::string entry = std::string(store_paths::kTrash) + "/" + kPrefix + random_name();
  try {
    if (move_to_trash(store_, path, entry)) entries_.push_back(std::move(entry));
    return true;
  } catch (const Error& error) {
    report_.failures.emplace_back(error.what());
    return false;
  }
}

void Trash::empty() {
  finish();
  const auto unlink_all = [root = store_.root(), entries = std::move(entries_)] {
    if (is_yielding()) yield_to_all();  // a thread of its own, which takes no lock
    std::vector<std::string> failures;
    for (const std::string& entry : entries) {
      try {
        remove_tree(root, entry);
      } catch (const Error& error) {
        failures.emplace_back(error.what());
      }
    }
    return failures;
  };
  unlinking_ = async_or_deferred(unlink_all);
  entries_.clear();
}

void Trash::finish() {
  if (!unlinking_.valid()) return;
  try {
    for (std::string& failure : unlinking_.get()) report_.failures.push_back(std::move(failure));
  } catch (const std::exception& error) {
    report_.failures.emplace_back(error.what());
  }
}

}  // namespace envstore
