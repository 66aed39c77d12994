#pragma once
#include <chrono>
#include <optional>
#include <random>

namespace http {

/// Whether a status is transient (408, 429, 500, 502, 503, 504).
bool is_transient_status(int status);

/// How long to wait before retry number `attempt` (from 1): exponential from 200 ms, plus up to 50 % jitter.
/// Retry-After overrides this; nullopt: Retry-After is over 60 s, do not retry.
std::optional<std::chrono::milliseconds> retry_delay(int attempt,
                                                     std::optional<std::chrono::seconds> retry_after,
                                                     std::minstd_rand& random);

}  // namespace http
