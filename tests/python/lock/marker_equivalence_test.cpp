#include "python/lock/marker_equivalence.h"

#include <doctest/doctest.h>

using namespace envstore;
using pypackaging::Marker;
using pypackaging::SpecifierSet;

namespace {

bool equivalent(const std::string& a, const std::string& b, const std::string& pythons = "") {
  const auto read = [](const std::string& text) { return text.empty() ? Marker() : *Marker::parse(text); };
  std::optional<SpecifierSet> requires_python;
  if (!pythons.empty()) requires_python = *SpecifierSet::parse(pythons);
  return are_equivalent(read(a), read(b), requires_python);
}

}  // namespace

TEST_CASE("markers of another form with the same meaning are equivalent") {
  CHECK(equivalent("", ""));
  CHECK(equivalent("python_version < '3.11'", "python_full_version < '3.11'"));
  CHECK(equivalent("python_version <= '3.12'", "python_full_version < '3.13'"));
  CHECK(equivalent("python_version == '3.11'", "python_full_version == '3.11.*'"));
  CHECK(equivalent("python_version > '3.8' and os_name == 'nt'",
                   "os_name == 'nt' and python_full_version >= '3.9'"));
  CHECK(equivalent("os_name == 'nt' or os_name != 'nt'", ""));
  CHECK(
      equivalent("extra == 'x' and python_version > '3.8'", "python_full_version >= '3.9' and extra == 'X'"));
}

TEST_CASE("what requires-python implies makes no difference") {
  CHECK(equivalent("python_version >= '3.9'", "", ">=3.9"));
  CHECK(equivalent("python_version >= '3.8' and os_name == 'nt'", "os_name == 'nt'", ">=3.9"));
  CHECK_FALSE(equivalent("python_version >= '3.9'", "", ">=3.8"));
}

TEST_CASE("markers that differ in one environment are not equivalent") {
  CHECK_FALSE(equivalent("python_version < '3.11'", "python_full_version <= '3.11'"));
  CHECK_FALSE(equivalent("python_full_version < '3.11.4'", "python_full_version < '3.11.5'"));
  CHECK_FALSE(equivalent("sys_platform == 'linux'", "sys_platform == 'darwin'"));
  CHECK_FALSE(equivalent("sys_platform == 'linux'", "os_name == 'linux'"));
  CHECK_FALSE(equivalent("sys_platform == 'linux'", ""));
  CHECK_FALSE(equivalent("extra == 'x' and os_name == 'nt'", "extra == 'y' and os_name == 'nt'"));
  CHECK_FALSE(equivalent("sys_platform != 'linux'", "sys_platform == 'win32' or sys_platform == 'darwin'"));
}

TEST_CASE("markers with too many combinations are equal as texts only") {
  std::string many = "os_name == '0'";
  for (int i = 1; i < 30; ++i) many += " or platform_machine == '" + std::to_string(i) + "'";
  many += " or platform_system == 'x' or platform_release == 'y' or sys_platform == 'z'";
  CHECK(equivalent(many, many));
  CHECK_FALSE(equivalent(many, "os_name == '0' or " + many));
}
