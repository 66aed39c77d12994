#include <iostream>

#include "pypackaging/filename.h"
#include "pypackaging/specifier.h"

int main() {
  using namespace pypackaging;
  const auto wheel = WheelFilename::parse("numpy-2.1.0-cp311-cp311-manylinux_2_17_x86_64.whl");
  const auto wanted = SpecifierSet::parse(">=2,<3");
  if (!wheel || !wanted) return 1;

  TagEnvironment environment;
  environment.implementation = "cpython";
  environment.version = {3, 11};
  environment.platform = "linux_x86_64";
  environment.glibc = std::pair{2, 36};
  const TagPriority supported(supported_tags(environment));

  const bool fits = wanted->contains(wheel->version) && supported.rank(wheel->tags).has_value();
  std::cout << wheel->name << ' ' << wheel->version.canonical() << (fits ? " fits\n" : " does not fit\n");

  if (const auto broken = Version::parse("1.0.x"); !broken) std::cout << broken.error().message << '\n';
  return fits ? 0 : 1;
}
