#pragma once
#include <cstdlib>
#include <ctime>
#include <string>
#include <utility>
#include <vector>

extern char** environ;

namespace envstore {

/// Clears the environment and disables pip's configuration files while it exists; restores the environment on
/// destruction.
class CleanSettings {
 public:
  CleanSettings() {
    for (char** entry = environ; *entry != nullptr; ++entry) {
      const std::string text = *entry;
      const std::size_t equals = text.find('=');
      before_.emplace_back(text.substr(0, equals),
                           equals == std::string::npos ? "" : text.substr(equals + 1));
    }
    ::clearenv();
    ::setenv("PIP_CONFIG_FILE", "/dev/null", 1);
  }
  ~CleanSettings() {
    ::clearenv();
    for (const auto& [name, value] : before_) ::setenv(name.c_str(), value.c_str(), 1);
    ::tzset();
  }
  CleanSettings(const CleanSettings&) = delete;
  CleanSettings& operator=(const CleanSettings&) = delete;

 private:
  std::vector<std::pair<std::string, std::string>> before_;
};

}  // namespace envstore
