#include "python/interpreter/other_target.h"

#include <array>
#include <charconv>

#include "pypackaging/version.h"
#include "store/platform/error.h"
#include "store/platform/terminal_text.h"

namespace envstore {
namespace {

using Glibc = std::pair<int, int>;

constexpr Glibc kUsualGlibc{2, 28};
constexpr std::pair<int, int> kUsualMusl{1, 2};

struct System {
  const char *os_name, *platform_system, *sys_platform;
};
constexpr System kLinux{"posix", "Linux", "linux"};
constexpr System kMacOs{"posix", "Darwin", "darwin"};
constexpr System kWindows{"nt", "Windows", "win32"};

struct Platform {
  std::string_view name;
  const System& system;
  const char *machine, *tag;
  enum class Libc { none, glibc, musl } libc = Libc::none;
};

constexpr Platform kPlatforms[] = {
    {"linux", kLinux, "x86_64", "linux_x86_64", Platform::Libc::glibc},
    {"x86_64-unknown-linux-gnu", kLinux, "x86_64", "linux_x86_64", Platform::Libc::glibc},
    {"aarch64-unknown-linux-gnu", kLinux, "aarch64", "linux_aarch64", Platform::Libc::glibc},
    {"riscv64-unknown-linux", kLinux, "riscv64", "linux_riscv64", Platform::Libc::glibc},
    {"x86_64-unknown-linux-musl", kLinux, "x86_64", "linux_x86_64", Platform::Libc::musl},
    {"aarch64-unknown-linux-musl", kLinux, "aarch64", "linux_aarch64", Platform::Libc::musl},
    {"macos", kMacOs, "arm64", "macosx_13_0_arm64"},
    {"aarch64-apple-darwin", kMacOs, "arm64", "macosx_13_0_arm64"},
    {"x86_64-apple-darwin", kMacOs, "x86_64", "macosx_13_0_x86_64"},
    {"windows", kWindows, "AMD64", "win_amd64"},
    {"x86_64-pc-windows-msvc", kWindows, "AMD64", "win_amd64"},
    {"i686-pc-windows-msvc", kWindows, "x86", "win32"},
    {"aarch64-pc-windows-msvc", kWindows, "ARM64", "win_arm64"},
};

constexpr std::string_view kUnsupported[] = {
    "aarch64-linux-android", "x86_64-linux-android",      "wasm32-pyodide2024",        "wasm32-pyodide2025",
    "arm64-apple-ios",       "arm64-apple-ios-simulator", "x86_64-apple-ios-simulator"};

[[noreturn]] void fail_platform(const std::string& name) {
  for (const std::string_view each : kUnsupported)
    if (name == each)
      throw Error(ErrorKind::unsupported, "cannot lock for the platform '" + name + "': it is not supported");
  std::string known;
  for (const Platform& each : kPlatforms) known += (known.empty() ? "" : ", ") + std::string(each.name);
  throw Error(ErrorKind::usage, "cannot lock for the platform '" + terminal_line(name) + "': it is not known",
              "known are " + known + ", and x86_64-manylinux_2_17 and the like");
}

/// `manylinux_2_31` and `manylinux2014`; nullopt: neither.
std::optional<Glibc> glibc_of(std::string_view text) {
  constexpr std::string_view kPrefix = "manylinux_2_";
  constexpr int kOldest = 17, kNewest = 40;
  if (text == "manylinux2014") return Glibc{2, kOldest};
  int minor = 0;
  const char* const end = text.data() + text.size();
  if (!text.starts_with(kPrefix) || std::from_chars(text.data() + kPrefix.size(), end, minor).ptr != end ||
      minor < kOldest || minor > kNewest)
    return std::nullopt;
  return Glibc{2, minor};
}

void set_platform(Interpreter& interpreter, const Platform& platform, const Glibc& glibc) {
  pypackaging::TagEnvironment& tags = interpreter.tags;
  tags.platform = platform.tag;
  tags.glibc.reset();
  tags.musl.reset();
  tags.manylinux_override.clear();
  tags.has_hard_float = true;
  if (platform.libc == Platform::Libc::glibc) tags.glibc = glibc;
  if (platform.libc == Platform::Libc::musl) tags.musl = kUsualMusl;
  auto& markers = interpreter.markers;
  markers["os_name"] = platform.system.os_name;
  markers["platform_machine"] = platform.machine;
  markers["platform_system"] = platform.system.platform_system;
  markers["sys_platform"] = platform.system.sys_platform;
  markers["platform_release"] = markers["platform_version"] = "";
}

void take_platform(Interpreter& interpreter, const std::string& name) {
  for (const Platform& platform : kPlatforms)
    if (platform.name == name) return set_platform(interpreter, platform, kUsualGlibc);
  const std::size_t dash = std::min(name.find('-'), name.size());
  const std::string machine = name.substr(0, dash);
  const auto glibc = glibc_of(std::string_view(name).substr(std::min(dash + 1, name.size())));
  if (!glibc || (machine != "x86_64" && machine != "aarch64")) fail_platform(name);
  const std::string tag = "linux_" + machine;
  set_platform(interpreter, {name, kLinux, machine.c_str(), tag.c_str(), Platform::Libc::glibc}, *glibc);
}

void take_version(Interpreter& interpreter, const std::string& text) {
  const auto version = pypackaging::Version::parse(text);
  const std::size_t parts = version ? version->release().size() : 0;
  constexpr std::size_t kMost = 3;
  const auto is_plain = [&] {  // 3.12, 3.12.4, 3.13.0rc1
    return version->epoch() == 0 && !version->is_postrelease() && !version->is_devrelease() &&
           !version->has_local();
  };
  if (parts < 2 || parts > kMost || !is_plain())
    throw Error(ErrorKind::usage,
                "cannot lock for Python '" + terminal_line(text) + "': it is no version of Python",
                "for example: --python-version 3.12");
  const std::string full = parts == 2 ? version->canonical() + ".0" : version->canonical();
  const std::string minor =
      std::to_string(version->release()[0]) + "." + std::to_string(version->release()[1]);
  interpreter.version = full;
  interpreter.major = static_cast<int>(version->release()[0]);
  interpreter.minor = static_cast<int>(version->release()[1]);
  interpreter.tags.version = {interpreter.major, interpreter.minor};
  interpreter.tags.abi.clear();
  auto& markers = interpreter.markers;
  markers["python_version"] = minor;
  markers["python_full_version"] = full;
  if (interpreter.implementation == "cpython") markers["implementation_version"] = full;
}

}  // namespace

Interpreter interpreter_of(Interpreter interpreter, const OtherTarget& target) {
  if (!target.python_version.empty()) take_version(interpreter, target.python_version);
  if (!target.platform.empty()) take_platform(interpreter, target.platform);
  return interpreter;
}

}  // namespace envstore
