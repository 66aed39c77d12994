// An --env-file: each name occurs once, and no entry is invalid in an environment.
#include <set>

#include "cli/options/env_file.h"
#include "tests/fuzz/fuzz.h"

using namespace envstore;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Lookup lookup = [](const std::string& name) {
    return name == "HOME" ? std::optional<std::string>("/home/user") : std::nullopt;
  };
  fuzz::may_refuse({ErrorKind::usage}, [&] {
    std::set<std::string> names;
    for (const auto& [name, value] : parse_env_file(fuzz::text_of(data, size), "demo.env", lookup)) {
      fuzz::require(!name.empty() && name.find('=') == name.npos && names.insert(name).second);
      fuzz::require(name.find('\0') == name.npos && value.find('\0') == value.npos);
    }
  });
  return 0;
}
