#include "python/settings/package_sources.h"

#include <doctest/doctest.h>

#include "store/platform/error.h"

using namespace envstore;
using pypackaging::Requirement;
using Kind = PackageSource::Kind;

namespace {

const pypackaging::MarkerEnvironment kLinux = {{"sys_platform", "linux"}, {"python_version", "3.11"}};

PackageSource source(Kind kind, const std::string& value, const std::string& marker = "") {
  PackageSource result;
  result.name = "demo";
  result.kind = kind;
  result.value = value;
  result.position = "'x.py': line 7";
  if (!marker.empty()) result.marker = *pypackaging::Marker::parse(marker);
  return result;
}

SourcedRequirements apply(const std::string& requirement, const std::vector<PackageSource>& sources,
                          const std::vector<IndexLocation>& named = {}) {
  return apply_sources({*Requirement::parse(requirement)}, sources, named, kLinux);
}

}  // namespace

TEST_CASE("a wheel as source replaces the requested versions") {
  const auto result = apply("demo[extra]>=2", {source(Kind::wheel, "file:///w/demo.whl")});
  CHECK(result.requirements.at(0).canonical() == "demo[extra] @ file:///w/demo.whl");
  CHECK(result.bound.empty());
}

TEST_CASE("an index as source is bound to the package, and the requested versions stay") {
  const std::vector<IndexLocation> named = {{.url = "https://a.invalid", .name = "inner"}};
  const auto result = apply("demo>=2", {source(Kind::index, "inner")}, named);
  CHECK(result.requirements.at(0).canonical() == "demo>=2");
  CHECK(result.bound.at("demo").url == "https://a.invalid");
  CHECK_THROWS_AS(apply("demo", {source(Kind::index, "outer")}, named), Error);
}

TEST_CASE("the first source whose marker holds counts") {
  const auto result = apply("demo", {source(Kind::unsupported, "git", "sys_platform == 'win32'"),
                                     source(Kind::wheel, "file:///a.whl", "sys_platform == 'linux'"),
                                     source(Kind::wheel, "file:///b.whl")});
  CHECK(result.requirements.at(0).url == "file:///a.whl");
}

TEST_CASE("what does not count is no fault") {
  CHECK_NOTHROW(apply("other", {source(Kind::unsupported, "git")}));
  CHECK_NOTHROW(apply("demo; sys_platform == 'win32'", {source(Kind::unsupported, "git")}));
}

TEST_CASE("a source that cannot be honoured is refused with package, position and a hint") {
  try {
    apply("demo", {source(Kind::unsupported, "a git repository")});
    FAIL("accepted");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::unsupported);
    CHECK(std::string(error.what()).find("'demo' from a git repository ('x.py': line 7)") !=
          std::string::npos);
    CHECK(error.hint().find("--no-sources") != std::string::npos);
  }
}

TEST_CASE("an address of its own and a source contradict each other") {
  CHECK_THROWS_AS(apply("demo @ https://a.invalid/demo.whl", {source(Kind::wheel, "file:///a.whl")}), Error);
}
