#pragma once
#include <string>

#include "gc/census/usage.h"

namespace envstore {

enum class Rows { largest, all };

/// What `envstore du` prints.
std::string usage_text(const Census& census, const Usage& usage, Rows rows);
std::string usage_json(const Census& census, const Usage& usage);
/// One self-contained page: a treemap of packages, and tables. Needs no network; without scripts only
/// sorting is missing.
std::string usage_html(const std::string& store_path, const Census& census, const Usage& usage);

/// What a snapshot was made for, for people: its labels, else its packages.
std::string title_of(const Census& census, const CountedSnapshot& snapshot);
std::string title_of(const CountedTree& tree);

}  // namespace envstore
