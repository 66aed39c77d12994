#include "platform_tags.h"

#include <set>

namespace pypackaging {
namespace {

using GlibcVersion = std::pair<int, int>;

/// The older names, which PEP 600 defines as aliases.
const char* legacy_name(const GlibcVersion& glibc) {
  if (glibc == GlibcVersion{2, 17}) return "manylinux2014_";
  if (glibc == GlibcVersion{2, 12}) return "manylinux2010_";
  if (glibc == GlibcVersion{2, 5}) return "manylinux1_";
  return nullptr;
}

bool has_manylinux_abi(const std::string& arch, const TagEnvironment& environment) {
  static const std::set<std::string> always = {"x86_64", "aarch64", "ppc64",      "ppc64le",
                                               "s390x",  "riscv64", "loongarch64"};
  if (arch == "armv7l" || arch == "armv8l" || arch == "i686") return environment.has_hard_float;
  return always.contains(arch);
}

bool is_allowed(const TagEnvironment& environment, const GlibcVersion& glibc) {
  const auto found = environment.manylinux_override.find(glibc);
  return found == environment.manylinux_override.end() || found->second;
}

/// The glibc versions for which a program may have been built, newest first. The last minor version of an
/// older major version is unknown: 50 is assumed, as in the reference implementation.
std::vector<GlibcVersion> older_glibcs(const GlibcVersion& newest, const std::string& arch) {
  constexpr int kLastMinor = 50;
  const GlibcVersion oldest{2, arch == "x86_64" || arch == "i686" ? 5 : 17};
  std::vector<GlibcVersion> versions;
  for (GlibcVersion each = newest; each >= oldest;) {
    versions.push_back(each);
    each = each.second > 0 ? GlibcVersion{each.first, each.second - 1}
                           : GlibcVersion{each.first - 1, kLastMinor};
  }
  return versions;
}

void add_manylinux(const TagEnvironment& environment, const std::string& arch,
                   std::vector<std::string>& out) {
  if (!environment.glibc) return;
  for (const GlibcVersion& glibc : older_glibcs(*environment.glibc, arch)) {
    if (!is_allowed(environment, glibc)) continue;
    out.push_back("manylinux_" + std::to_string(glibc.first) + "_" + std::to_string(glibc.second) + "_" +
                  arch);
    if (const char* legacy = legacy_name(glibc)) out.push_back(legacy + arch);
  }
}

void add_musllinux(const TagEnvironment& environment, const std::string& arch,
                   std::vector<std::string>& out) {
  if (!environment.musl) return;
  for (int minor = environment.musl->second; minor >= 0; --minor)
    out.push_back("musllinux_" + std::to_string(environment.musl->first) + "_" + std::to_string(minor) + "_" +
                  arch);
}

}  // namespace

std::vector<std::string> platform_tags(const TagEnvironment& environment) {
  std::string platform = environment.platform;
  for (char& c : platform)
    if (c == '-' || c == '.' || c == ' ') c = '_';
  constexpr std::string_view kLinux = "linux_";
  if (!platform.starts_with(kLinux)) return {platform};

  const std::string arch = platform.substr(kLinux.size());
  std::vector<std::string> archs = {arch};
  if (arch == "armv8l") archs.push_back("armv7l");  // a 32-bit process on a 64-bit kernel

  std::vector<std::string> tags;
  for (const std::string& each : archs) tags.push_back(std::string(kLinux) + each);  // built on this system
  for (const std::string& each : archs)
    if (has_manylinux_abi(each, environment)) add_manylinux(environment, each, tags);
  for (const std::string& each : archs) add_musllinux(environment, each, tags);
  return tags;
}

}  // namespace pypackaging
