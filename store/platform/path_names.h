#pragma once
#include <string>
#include <string_view>

namespace envstore {

/// `path` for messages: a path relative to an open directory is completed with the path of that directory, if
/// that can be determined.
std::string named(int directory, std::string_view path);

}  // namespace envstore
