#include "cli/commands/handover.h"

#include <cstdlib>
#include <vector>

#include "store/platform/error.h"
#include "store/platform/files.h"
#include "store/platform/limits.h"
#include "store/platform/path_parts.h"
#include "store/process/process_roles.h"
#include "store/process/process_table.h"
#include "store/process/program_search.h"
#include "store/process/spawn.h"

namespace envstore {

Handover Handover::take() {
  Handover handover;
  handover.is_prepared_ = getenv(role::kPreparedVariable) != nullptr;
  if (handover.is_prepared_) unsetenv(role::kPreparedVariable);
  return handover;
}

std::optional<std::string> Handover::small_program() const {
  if (is_prepared_) return std::nullopt;
  const auto self = real_path(role::kOwnProgram);
  return self ? small_program_beside(*self) : std::nullopt;
}

void Handover::give_back() const {
  if (is_prepared_) setenv(role::kPreparedVariable, "1", 1);
}

std::optional<std::string> small_program_beside(const std::string& full_program) {
  for (const char* place : {"/../../bin/envstore", "/envstore"})
    if (std::string path = directory_of(full_program) + place; is_executable_file(path)) return path;
  return std::nullopt;
}

void become_small_program(const std::string& path) {
  const std::vector<std::string> words = own_arguments();
  setenv(role::kPreparedVariable, "1", 1);
  restore_file_size_limit();
  throw_errno(exec_program(path, words), "start", path);
}

}  // namespace envstore
