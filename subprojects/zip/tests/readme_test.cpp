#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <string>

namespace {

std::string text_of(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("the README shows the example that is compiled here") {
  const std::string example = text_of(ZIP_EXAMPLE);
  REQUIRE_FALSE(example.empty());
  CHECK(text_of(ZIP_README).find("```cpp\n" + example + "```\n") != std::string::npos);
}
