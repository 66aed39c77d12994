#pragma once

namespace envstore {

/// AddressSanitizer reserves terabytes of address space, so that a process cannot be given little.
#if defined(__SANITIZE_ADDRESS__)  // g++
inline constexpr bool kHasAddressSanitizer = true;
#elif defined(__has_feature)
inline constexpr bool kHasAddressSanitizer = __has_feature(address_sanitizer);
#else
inline constexpr bool kHasAddressSanitizer = false;
#endif

}  // namespace envstore
