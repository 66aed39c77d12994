#pragma once
#include <string>
#include <string_view>

namespace envstore {

/// A path for messages: relative to an open directory, written out in full where that can be told.
std::string named(int directory, std::string_view path);

}  // namespace envstore
