#include "gc/trash.h"

#include "store/layout.h"
#include "store/platform/error.h"
#include "store/platform/random.h"
#include "store/tree_rows.h"

namespace envstore {

bool Trash::take(const std::string& path) {
  std::string entry = std::string(layout::kTrash) + "/" + kPrefix + random_name();
  try {
    if (move_to_trash(store_, path, entry)) entries_.push_back(std::move(entry));
    return true;
  } catch (const Error& error) {
    report_.failures.emplace_back(error.what());
    return false;
  }
}

void Trash::empty() {
  for (const std::string& entry : entries_) {
    try {
      remove_tree(store_.root(), entry);
    } catch (const Error& error) {
      report_.failures.emplace_back(error.what());
    }
  }
  entries_.clear();
}

}  // namespace envstore
