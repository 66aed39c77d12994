#include <doctest/doctest.h>
#include <rapidcheck.h>

#include "pypackaging/filename.h"
#include "pypackaging/script.h"

using namespace pypackaging;

namespace {

template <class T>
T one_of(std::initializer_list<T> values) {
  return *rc::gen::elementOf(std::vector<T>(values));
}

}  // namespace

TEST_CASE("a wheel's file name made of parts is taken apart into them") {
  CHECK(rc::check("wheel file names", [] {
    const std::string name = one_of<std::string>({"a", "foo_bar", "x1.y2"});
    const std::string version = one_of<std::string>({"1", "2.0rc1", "1!3", "1.0+local.1"});
    const std::string build = one_of<std::string>({"", "1", "20abc"});
    const std::vector<std::string> pythons = {"py3", "cp311", "pp39"};
    const std::size_t count = *rc::gen::inRange<std::size_t>(1, 4);
    std::string python;
    for (std::size_t i = 0; i < count; ++i) python += (i == 0 ? "" : ".") + pythons[i];
    const auto wheel = WheelFilename::parse(name + "-" + version + (build.empty() ? "" : "-" + build) + "-" +
                                            python + "-none.abi3-any.whl");
    RC_ASSERT(wheel.has_value());
    RC_ASSERT(wheel->version.canonical() == version);
    RC_ASSERT((wheel->build ? std::to_string(wheel->build->first) + wheel->build->second : "") == build);
    RC_ASSERT(wheel->tags.size() == 2 * count);
    RC_ASSERT(wheel->tags.front().text() == "py3-none-any");
  }));
}

TEST_CASE("TOML text that is written as a block is found again") {
  CHECK(rc::check("script blocks", [] {
    std::string toml, block = "# /// script\n";
    const int count = *rc::gen::inRange(1, 6);
    for (int i = 0; i < count; ++i) {
      const std::string line =
          one_of<std::string>({"a = 1", "", " indented", "# comment", "///", "\xC3\xA9"});
      toml += line + "\n";
      block += (line.empty() ? "#" : "# " + line) + "\n";
    }
    const std::string before = one_of<std::string>({"", "import x\n", "#!/bin/sh\n\n", "#x\n"});
    const auto found = find_script_block(before + block + "# ///\n" + one_of<std::string>({"", "print()\n"}));
    RC_ASSERT((found && *found));
    RC_ASSERT((*found)->toml == toml);
  }));
}
