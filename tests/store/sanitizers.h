#pragma once

namespace envstore {

/// AddressSanitizer and ThreadSanitizer reserve terabytes of address space, so a process with them cannot run
/// under a small limit.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)  // g++
inline constexpr bool kReservesAddressSpace = true;
#elif defined(__has_feature)
inline constexpr bool kReservesAddressSpace =
    __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
inline constexpr bool kReservesAddressSpace = false;
#endif

}  // namespace envstore
