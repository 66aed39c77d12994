#pragma once
#include <string>

#include "gc/census/usage.h"

namespace envstore {

enum class Rows { largest, all };

/// What `envstore du` prints.
std::string usage_text(const Census& census, const Usage& usage, Rows rows);
std::string usage_json(const Census& census, const Usage& usage);
/// One self-contained HTML page: a treemap of packages, and tables. It needs no network; without JavaScript
/// only sorting and the arrow keys in the treemap are missing.
std::string usage_html(const std::string& store_path, const Census& census, const Usage& usage);

/// A title for display: the snapshot's labels, or its packages if it has none.
std::string title_of(const Census& census, const CountedSnapshot& snapshot);
std::string title_of(const CountedTree& tree);

}  // namespace envstore
