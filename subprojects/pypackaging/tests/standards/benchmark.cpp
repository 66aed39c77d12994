#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "pypackaging/requirement.h"
#include "pypackaging/version.h"

// Run by hand. Prints rates and checks nothing.

namespace {

using pypackaging::Requirement;
using pypackaging::Version;
using Clock = std::chrono::steady_clock;

template <class Work>
void measure(const char* what, std::size_t count, Work work) {
  const auto start = Clock::now();
  work();
  const std::chrono::duration<double> seconds = Clock::now() - start;
  std::printf("%-24s %8.2f million a second\n", what, static_cast<double>(count) / seconds.count() / 1e6);
}

std::vector<std::string> version_texts(std::size_t count) {
  static const char* const kSuffixes[] = {"", "", "", "", "rc1", ".post2", ".dev20240115", "a3", "+cu118"};
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < count; ++i)
    texts.push_back(std::to_string(i % 7) + "." + std::to_string(i % 31) + "." + std::to_string(i % 101) +
                    kSuffixes[i % std::size(kSuffixes)]);
  return texts;
}

}  // namespace

int main() {
  constexpr std::size_t kCount = 1'000'000;
  const std::vector<std::string> texts = version_texts(kCount);
  std::vector<Version> versions;
  versions.reserve(kCount);
  measure("versions parsed", kCount, [&] {
    for (const std::string& text : texts) versions.push_back(Version::parse(text).value());
  });
  std::size_t less = 0;
  measure("versions compared", kCount - 1, [&] {
    for (std::size_t i = 1; i < kCount; ++i) less += versions[i - 1] < versions[i];
  });
  const auto set = pypackaging::SpecifierSet::parse(">=1.2,<4,!=2.5.*,~=2.0").value();
  measure("versions matched", kCount, [&] {
    for (const Version& version : versions) less += set.matches(version);
  });
  measure("requirements parsed", kCount / 10, [&] {
    for (std::size_t i = 0; i < kCount / 10; ++i)
      less += Requirement::parse("package[extra]>=" + texts[i / 9 * 9] + ",<10; python_version >= '3.8'")
                  .has_value();
  });
  std::printf("(%zu)\n", less);
}
