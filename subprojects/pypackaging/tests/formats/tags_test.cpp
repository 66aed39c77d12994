#include "pypackaging/tags.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace pypackaging;

namespace {

TagEnvironment cpython(int minor) {
  TagEnvironment environment;
  environment.implementation = "cpython";
  environment.version = {3, minor};
  environment.platform = "linux_x86_64";
  environment.glibc = std::pair{2, 17};
  return environment;
}

std::vector<std::string> texts(const TagEnvironment& environment) {
  std::vector<std::string> result;
  for (const Tag& tag : supported_tags(environment)) result.push_back(tag.text());
  return result;
}

std::size_t position(const std::vector<std::string>& tags, const std::string& tag) {
  return static_cast<std::size_t>(std::find(tags.begin(), tags.end(), tag) - tags.begin());
}

bool has(const std::vector<std::string>& tags, const std::string& tag) {
  return position(tags, tag) < tags.size();
}

}  // namespace

TEST_CASE("exact ABI, stable ABI, no ABI, older stable ABIs and pure wheels come in this order") {
  const auto tags = texts(cpython(11));
  const std::vector<std::string> order = {"cp311-cp311-linux_x86_64",
                                          "cp311-abi3-linux_x86_64",
                                          "cp311-none-linux_x86_64",
                                          "cp310-abi3-linux_x86_64",
                                          "cp32-abi3-linux_x86_64",
                                          "py311-none-linux_x86_64",
                                          "py3-none-linux_x86_64",
                                          "py30-none-linux_x86_64",
                                          "cp311-none-any",
                                          "py311-none-any",
                                          "py3-none-any",
                                          "py310-none-any"};
  for (std::size_t i = 0; i + 1 < order.size(); ++i) {
    CAPTURE(order[i]);
    REQUIRE(has(tags, order[i]));
    CHECK(position(tags, order[i]) < position(tags, order[i + 1]));
  }
  CHECK(tags.back() == "py30-none-any");
  CHECK_FALSE(has(tags, "cp310-cp310-linux_x86_64"));
  CHECK_FALSE(has(tags, "cp31-abi3-linux_x86_64"));
}

TEST_CASE("manylinux tags go down to the architecture's oldest glibc, each followed by its legacy name") {
  auto environment = cpython(11);
  std::vector<std::string> platforms;
  for (const Tag& tag : supported_tags(environment))
    if (tag.python == "cp311" && tag.abi == "cp311") platforms.push_back(tag.platform);
  CHECK(platforms ==
        std::vector<std::string>{"linux_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64",
                                 "manylinux_2_16_x86_64", "manylinux_2_15_x86_64", "manylinux_2_14_x86_64",
                                 "manylinux_2_13_x86_64", "manylinux_2_12_x86_64", "manylinux2010_x86_64",
                                 "manylinux_2_11_x86_64", "manylinux_2_10_x86_64", "manylinux_2_9_x86_64",
                                 "manylinux_2_8_x86_64", "manylinux_2_7_x86_64", "manylinux_2_6_x86_64",
                                 "manylinux_2_5_x86_64", "manylinux1_x86_64"});
  environment.platform = "linux_aarch64";
  environment.glibc = std::pair{2, 18};
  platforms.clear();
  for (const Tag& tag : supported_tags(environment))
    if (tag.python == "cp311" && tag.abi == "cp311") platforms.push_back(tag.platform);
  CHECK(platforms == std::vector<std::string>{"linux_aarch64", "manylinux_2_18_aarch64",
                                              "manylinux_2_17_aarch64", "manylinux2014_aarch64"});
}

TEST_CASE("a Mac takes wheels of all older systems, and of the old processor only if it has that one") {
  auto environment = cpython(11);
  environment.glibc.reset();
  const auto takes = [&](const std::string& platform, const std::string& wheel) {
    environment.platform = platform;
    return TagPriority(supported_tags(environment)).rank(*parse_tag("cp311-cp311-" + wheel)).has_value();
  };
  CHECK(takes("macosx_13_0_arm64", "macosx_13_0_arm64"));
  CHECK(takes("macosx-13.0-arm64", "macosx_11_0_universal2"));
  CHECK(takes("macosx_13_0_arm64", "macosx_10_9_universal2"));
  CHECK_FALSE(takes("macosx_13_0_arm64", "macosx_14_0_arm64"));
  CHECK_FALSE(takes("macosx_13_0_arm64", "macosx_10_9_x86_64"));
  CHECK(takes("macosx_13_0_x86_64", "macosx_10_9_intel"));
  CHECK(takes("macosx_10_9_x86_64", "macosx_10_6_x86_64"));
  CHECK_FALSE(takes("macosx_10_9_x86_64", "macosx_10_10_x86_64"));
  CHECK_FALSE(takes("macosx_10_9_x86_64", "macosx_10_3_x86_64"));
  CHECK(takes("macosx_13", "macosx_13"));
  CHECK(takes("win_amd64", "win_amd64"));
}

TEST_CASE("a _manylinux module takes tags away, legacy names included") {
  auto environment = cpython(11);
  environment.manylinux_override[{2, 17}] = false;
  const auto tags = texts(environment);
  CHECK_FALSE(has(tags, "cp311-cp311-manylinux_2_17_x86_64"));
  CHECK_FALSE(has(tags, "cp311-cp311-manylinux2014_x86_64"));
  CHECK(has(tags, "cp311-cp311-manylinux_2_16_x86_64"));
}

TEST_CASE("musl systems take musllinux of their minor version and older, and no manylinux") {
  auto environment = cpython(12);
  environment.glibc.reset();
  environment.musl = std::pair{1, 2};
  const auto tags = texts(environment);
  CHECK(has(tags, "cp312-cp312-musllinux_1_2_x86_64"));
  CHECK(has(tags, "cp312-cp312-musllinux_1_0_x86_64"));
  CHECK_FALSE(has(tags, "cp312-cp312-musllinux_1_3_x86_64"));
  CHECK(std::none_of(tags.begin(), tags.end(), [](const auto& t) { return t.find("manylinux") != t.npos; }));
}

TEST_CASE("a free-threaded build takes its own ABIs alone") {
  auto environment = cpython(14);
  environment.free_threaded = true;
  const auto tags = texts(environment);
  CHECK(tags.front() == "cp314-cp314t-linux_x86_64");
  CHECK(has(tags, "cp314-abi3t-linux_x86_64"));
  CHECK_FALSE(has(tags, "cp314-abi3-linux_x86_64"));
  CHECK_FALSE(has(tags, "cp314-cp314-linux_x86_64"));
  CHECK(has(tags, "cp314-none-any"));
}

TEST_CASE("PyPy takes its own ABI, none, and pure wheels for pp3") {
  TagEnvironment environment = cpython(9);
  environment.implementation = "pypy";
  environment.abi = "pypy39_pp73";
  const auto tags = texts(environment);
  CHECK(tags.front() == "pp39-pypy39_pp73-linux_x86_64");
  CHECK(has(tags, "pp39-none-linux_x86_64"));
  CHECK(has(tags, "pp3-none-any"));
  CHECK(std::none_of(tags.begin(), tags.end(), [](const auto& t) { return t.find("abi3") != t.npos; }));
}

TEST_CASE("32-bit ARM without the hard-float ABI takes no manylinux") {
  auto environment = cpython(11);
  environment.platform = "linux_armv7l";
  CHECK(has(texts(environment), "cp311-cp311-manylinux_2_17_armv7l"));
  environment.has_hard_float = false;
  const auto tags = texts(environment);
  CHECK(tags.front() == "cp311-cp311-linux_armv7l");
  CHECK(std::none_of(tags.begin(), tags.end(), [](const auto& t) { return t.find("manylinux") != t.npos; }));
}

TEST_CASE("no tag stands twice") {
  for (const int minor : {8, 13, 20}) {
    auto tags = texts(cpython(minor));
    const auto size = tags.size();
    std::sort(tags.begin(), tags.end());
    CHECK(static_cast<std::size_t>(std::unique(tags.begin(), tags.end()) - tags.begin()) == size);
  }
}

TEST_CASE("compressed tag sets are expanded, in order") {
  const auto tags = parse_tag("py2.py3-none-any");
  REQUIRE(tags);
  REQUIRE(tags->size() == 2);
  CHECK((*tags)[0].text() == "py2-none-any");
  CHECK((*tags)[1].text() == "py3-none-any");
  CHECK(parse_tag("cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64")->size() == 2);
  for (const char* bad :
       {"", "py3", "py3-none", "py3-none-any-more", "py3--any", "py3.-none-any", "p/y-none-any"})
    CHECK_FALSE(parse_tag(bad).has_value());
}

TEST_CASE("a wheel's rank is that of its best tag") {
  const TagPriority priority(supported_tags(cpython(11)));
  const auto exact = priority.rank(*parse_tag("cp311-cp311-manylinux_2_17_x86_64"));
  const auto stable = priority.rank(*parse_tag("cp38-abi3-manylinux_2_17_x86_64"));
  const auto pure = priority.rank(*parse_tag("py2.py3-none-any"));
  REQUIRE((exact && stable && pure));
  CHECK(*exact < *stable);
  CHECK(*stable < *pure);
  CHECK_FALSE(priority.rank(*parse_tag("cp312-cp312-win_amd64")).has_value());
}

TEST_CASE("a debug build takes ordinary extensions of its threading after its own") {
  auto environment = cpython(13);
  environment.abi = "cp313d";
  const auto tags = texts(environment);
  CHECK(tags.front() == "cp313-cp313d-linux_x86_64");
  CHECK(position(tags, "cp313-cp313-linux_x86_64") < position(tags, "cp313-abi3-linux_x86_64"));
  environment.abi = "cp313td";
  const auto threaded = texts(environment);
  CHECK(has(threaded, "cp313-cp313t-linux_x86_64"));
  CHECK_FALSE(has(threaded, "cp313-cp313-linux_x86_64"));
  CHECK_FALSE(has(threaded, "cp313-abi3-linux_x86_64"));
}

TEST_CASE("an unstated ABI has the pymalloc letter before 3.8") {
  CHECK(texts(cpython(7)).front() == "cp37-cp37m-linux_x86_64");
  CHECK(texts(cpython(8)).front() == "cp38-cp38-linux_x86_64");
}

TEST_CASE("a glibc of a later major version takes what the earlier one had") {
  auto environment = cpython(11);
  environment.glibc = std::pair{3, 1};
  const auto tags = texts(environment);
  CHECK(position(tags, "cp311-cp311-manylinux_3_0_x86_64") <
        position(tags, "cp311-cp311-manylinux_2_50_x86_64"));
  CHECK(has(tags, "cp311-cp311-manylinux1_x86_64"));
}

TEST_CASE("of equal tags the first position counts, and an empty set fits nothing") {
  const TagPriority twice(std::vector<Tag>{{"py3", "none", "any"}, {"py3", "none", "any"}});
  CHECK(twice.rank({{"py3", "none", "any"}}) == 0);
  CHECK_FALSE(TagPriority({}).rank({{"py3", "none", "any"}}).has_value());
  CHECK_FALSE(twice.rank({}).has_value());
}
