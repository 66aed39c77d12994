#include "platform_tags.h"

#include <set>
#include <string_view>

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

using MacVersion = std::pair<int, int>;

/// The kinds of binaries that a Mac of this architecture runs.
std::vector<std::string> mac_formats(const MacVersion& version, const std::string& arch) {
  std::vector<std::string> formats = {arch};
  if (arch == "x86_64") {
    if (version < MacVersion{10, 4}) return {};
    formats.insert(formats.end(), {"intel", "fat64", "fat32"});
  }
  formats.emplace_back("universal2");
  if (arch == "x86_64") formats.emplace_back("universal");
  return formats;
}

void add_mac(const MacVersion& version, const std::vector<std::string>& formats,
             std::vector<std::string>& out) {
  for (const std::string& format : formats)
    out.push_back("macosx_" + std::to_string(version.first) + "_" + std::to_string(version.second) + "_" +
                  format);
}

/// Since macOS 11 each year has a major version; 10.16 is 11 as older programs see it.
std::vector<std::string> mac_tags(MacVersion version, const std::string& arch) {
  constexpr int kLastMinor = 16, kFirstMinor = 4, kFirstYearly = 11;
  std::vector<std::string> tags;
  for (int major = version.first; major >= kFirstYearly; --major)
    add_mac({major, 0}, mac_formats({major, 0}, arch), tags);
  const bool is_yearly = version.first >= kFirstYearly;
  for (int minor = is_yearly ? kLastMinor : version.second; minor >= (is_yearly ? kFirstMinor : 0); --minor)
    add_mac({10, minor},
            is_yearly && arch != "x86_64" ? std::vector<std::string>{"universal2"}
                                          : mac_formats({10, minor}, arch),
            tags);
  return tags;
}

/// Takes `NUMBER_` of at most two digits from the start of `text`; -1: there is none.
int take_number(std::string_view& text) {
  const std::size_t end = text.find('_');
  if (end == std::string_view::npos || end == 0 || end > 2) return -1;
  int number = 0;
  for (const char digit : text.substr(0, end)) {
    if (digit < '0' || digit > '9') return -1;
    number = number * 10 + (digit - '0');
  }
  text.remove_prefix(end + 1);
  return number;
}

/// `macosx_13_0_arm64`; empty: another platform.
std::vector<std::string> mac_tags_of(std::string_view platform) {
  constexpr std::string_view kMac = "macosx_";
  if (!platform.starts_with(kMac)) return {};
  platform.remove_prefix(kMac.size());
  const int major = take_number(platform), minor = major < 0 ? -1 : take_number(platform);
  if (minor < 0 || (platform != "arm64" && platform != "x86_64")) return {};
  return mac_tags({major, minor}, std::string(platform));
}

}  // namespace

std::vector<std::string> platform_tags(const TagEnvironment& environment) {
  std::string platform = environment.platform;
  for (char& c : platform)
    if (c == '-' || c == '.' || c == ' ') c = '_';
  constexpr std::string_view kLinux = "linux_";
  if (!platform.starts_with(kLinux)) {
    std::vector<std::string> tags = mac_tags_of(platform);
    return tags.empty() ? std::vector<std::string>{platform} : tags;
  }

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
