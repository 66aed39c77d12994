#include "retry.h"

#include <algorithm>

namespace http {

using std::chrono::milliseconds;

bool is_transient_status(int status) {
  return status == 408 || status == 429 || status == 500 || status == 502 || status == 503 || status == 504;
}

std::optional<milliseconds> retry_delay(int attempt, std::optional<std::chrono::seconds> retry_after,
                                        std::minstd_rand& random) {
  constexpr std::chrono::seconds kLongest{60};
  if (retry_after) {
    if (*retry_after > kLongest) return std::nullopt;
    return std::chrono::duration_cast<milliseconds>(*retry_after);
  }
  const milliseconds step = milliseconds{200} * (1 << std::clamp(attempt - 1, 0, 6));
  std::uniform_int_distribution<milliseconds::rep> jitter(0, step.count() / 2);
  return step + milliseconds{jitter(random)};
}

}  // namespace http
