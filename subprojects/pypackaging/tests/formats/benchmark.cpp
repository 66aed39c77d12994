#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "pypackaging/filename.h"
#include "pypackaging/metadata.h"

// Run by hand. Prints times and checks nothing.

namespace {

using namespace pypackaging;
using Clock = std::chrono::steady_clock;

template <class Work>
void measure(const char* what, std::size_t count, Work work) {
  const auto start = Clock::now();
  work();
  const std::chrono::duration<double, std::nano> spent = Clock::now() - start;
  std::printf("%-28s %10.0f ns each\n", what, spent.count() / static_cast<double>(count));
}

/// The file names of a large project: every release for many interpreters and platforms.
std::vector<std::string> page(std::size_t releases) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < releases; ++i)
    for (const char* python : {"cp39", "cp310", "cp311", "cp312", "cp313"})
      for (const char* platform : {"manylinux_2_17_x86_64.manylinux2014_x86_64", "musllinux_1_2_aarch64",
                                   "macosx_11_0_arm64", "win_amd64"})
        names.push_back("some_project-2." + std::to_string(i) + ".1-" + python + "-" + python + "-" +
                        platform + ".whl");
  return names;
}

std::string metadata_text() {
  std::string text = "Metadata-Version: 2.4\nName: some-project\nVersion: 2.1.0\nRequires-Python: >=3.9\n";
  for (int i = 0; i < 40; ++i)
    text += "Requires-Dist: package-" + std::to_string(i) + ">=1." + std::to_string(i) +
            ",<3; python_version >= '3.9' and extra == 'all'\nClassifier: Topic :: Number " +
            std::to_string(i) + "\n";
  return text + "\n" + std::string(20'000, 'x');
}

std::string record_text() {
  std::string text;
  for (int i = 0; i < 1000; ++i)
    text += "some_project/folder/module_" + std::to_string(i) +
            ".py,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,1234\n";
  return text;
}

}  // namespace

int main() {
  TagEnvironment environment;
  environment.implementation = "cpython";
  environment.version = {3, 11};
  environment.platform = "linux_x86_64";
  environment.glibc = std::pair{2, 36};
  const TagPriority priority(supported_tags(environment));
  const std::vector<std::string> names = page(250);
  std::vector<WheelFilename> wheels;
  wheels.reserve(names.size());
  measure("wheel file names parsed", names.size(), [&] {
    for (const std::string& name : names) wheels.push_back(WheelFilename::parse(name).value());
  });
  std::size_t fitting = 0;
  measure("wheels ranked", wheels.size(), [&] {
    for (const WheelFilename& wheel : wheels) fitting += priority.rank(wheel.tags).has_value();
  });
  const std::string metadata = metadata_text(), record = record_text();
  measure("metadata files parsed", 200, [&] {
    for (int i = 0; i < 200; ++i) fitting += CoreMetadata::parse(metadata).requires_dist.size();
  });
  measure("RECORD lines parsed", 100'000, [&] {
    for (int i = 0; i < 100; ++i) fitting += parse_record(record)->size();
  });
  std::printf("(%zu)\n", fitting);
}
