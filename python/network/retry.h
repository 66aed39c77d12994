#pragma once
#include <chrono>
#include <optional>
#include <random>

namespace envstore {

/// Whether a status may be another one in a moment (408, 429, 500, 502, 503, 504).
bool is_passing_status(int status);

/// How long to wait before attempt number `attempt` (1 is the first retry): exponential from 200 ms with up
/// to half of it as jitter. A Retry-After overrides; nullopt: it asks for longer than anybody waits for a
/// download.
std::optional<std::chrono::milliseconds> retry_delay(int attempt,
                                                     std::optional<std::chrono::seconds> retry_after,
                                                     std::minstd_rand& random);

}  // namespace envstore
