#include "store/platform/limits.h"

#include <sys/resource.h>
#include <csignal>

namespace envstore {
namespace {

/// nullopt: there is no limit, or it was not raised.
std::optional<rlimit> file_size_before;

bool set_file_size(rlim_t soft, rlim_t hard) {
  const struct rlimit limit = {.rlim_cur = soft, .rlim_max = hard};
  return setrlimit(RLIMIT_FSIZE, &limit) == 0;
}

}  // namespace

void lift_file_size_limit() {
  struct rlimit limit {};
  if (getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return;
  struct sigaction action {
  }, before{};
  action.sa_handler = [](int) {};
  action.sa_flags = SA_RESTART;
  if (sigaction(SIGXFSZ, &action, &before) == 0 && before.sa_handler == SIG_IGN)
    sigaction(SIGXFSZ, &before, nullptr);
  if (set_file_size(RLIM_INFINITY, RLIM_INFINITY) || set_file_size(limit.rlim_max, limit.rlim_max))
    file_size_before = limit;
}

void restore_file_size_limit() {
  if (!file_size_before) return;
  if (set_file_size(file_size_before->rlim_cur, file_size_before->rlim_max)) file_size_before.reset();
}

std::optional<std::uint64_t> address_space_limit() {
  static const rlim_t limit = [] {
    struct rlimit of_process {};
    return getrlimit(RLIMIT_AS, &of_process) == 0 ? of_process.rlim_cur : RLIM_INFINITY;
  }();
  return limit == RLIM_INFINITY ? std::nullopt : std::optional<std::uint64_t>(limit);
}

bool has_small_stack() {
  constexpr rlim_t kEnough = rlim_t{2} << 20;
  struct rlimit limit {};
  return getrlimit(RLIMIT_STACK, &limit) == 0 && limit.rlim_cur < kEnough;
}

}  // namespace envstore
