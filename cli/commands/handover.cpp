#include "cli/commands/handover.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <vector>

#include "store/platform/error.h"
#include "store/platform/files.h"
#include "store/platform/limits.h"
#include "store/platform/path_parts.h"
#include "store/process/spawn.h"

namespace envstore {
namespace {

constexpr const char* kMark = "ENVSTORE_PREPARED";

/// The arguments of this process, argv[0] first.
std::vector<std::string> own_words() {
  const std::string line = read_file(AT_FDCWD, "/proc/self/cmdline");
  std::vector<std::string> words;
  for (std::size_t at = 0; at < line.size();) {
    words.emplace_back(line.c_str() + at);
    at += words.back().size() + 1;
  }
  return words;
}

}  // namespace

Handover Handover::take() {
  Handover handover;
  handover.is_prepared_ = getenv(kMark) != nullptr;
  if (handover.is_prepared_) unsetenv(kMark);
  return handover;
}

std::optional<std::string> Handover::small_program() const {
  if (is_prepared_) return std::nullopt;
  const auto self = real_path("/proc/self/exe");
  if (!self) return std::nullopt;
  for (const char* place : {"/../../bin/envstore", "/envstore"})
    if (std::string path = directory_of(*self) + place; access(path.c_str(), X_OK) == 0) return path;
  return std::nullopt;
}

void Handover::give_back() const {
  if (is_prepared_) setenv(kMark, "1", 1);
}

void become_small_program(const std::string& path) {
  const std::vector<std::string> words = own_words();
  setenv(kMark, "1", 1);
  restore_file_size_limit();
  throw_errno(exec_program(path, words), "start", path);
}

}  // namespace envstore
