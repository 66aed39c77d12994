#include "store/process/process_roles.h"

#include "store/process/process_table.h"

namespace envstore::role {
namespace {

constexpr const char* kEnvstore = "envstore";

}  // namespace

std::vector<std::string> arguments(std::string_view command, const std::vector<std::string>& rest) {
  std::vector<std::string> words{kEnvstore, std::string(command)};
  words.insert(words.end(), rest.begin(), rest.end());
  return words;
}

bool is_process_with(pid_t pid, std::string_view command) {
  std::string words;
  for (const std::string& word : arguments(command, {})) words += word + '\0';
  return read_process_file(pid, "cmdline").starts_with(words);
}

std::string lease_variable(std::string_view lease) {
  return std::string(kLeaseVariable) + '=' + std::string(lease);
}

}  // namespace envstore::role
