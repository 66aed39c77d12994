#pragma once
#include <string>

namespace envstore {

/// 128 random bits of getrandom(2) as 32 hex digits.
std::string random_name();

}  // namespace envstore
