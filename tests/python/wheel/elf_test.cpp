#include <doctest/doctest.h>
#include <elf.h>

#include "python/wheel/wheel.h"
#include "wheel_builder.h"

using namespace envstore;
using namespace envstore::test;
using zip::test::little_endian;

namespace {

struct ElfKind {
  bool is_64 = true, is_big = false;
};

/// A library that consists only of headers, a dynamic section and its strings.
std::string elf_with_runpath(const std::string& runpath, ElfKind kind = {}, std::uint64_t tag = DT_RUNPATH) {
  const auto number = [&](std::uint64_t value, int size) {
    std::string bytes = little_endian(value, size);
    return kind.is_big ? std::string(bytes.rbegin(), bytes.rend()) : bytes;
  };
  const int word = kind.is_64 ? 8 : 4;
  const auto w = [&](std::uint64_t value) { return number(value, word); };
  const std::uint64_t header_size = kind.is_64 ? 64 : 52;
  const std::uint64_t segment_size = kind.is_64 ? 56 : 32;
  const std::uint64_t dynamic_at = header_size + 2 * segment_size;
  const std::uint64_t strings_at = dynamic_at + 6 * static_cast<std::uint64_t>(word);
  const std::uint64_t base = 0x10000;
  const std::uint64_t total = strings_at + 1 + runpath.size() + 1;

  std::string out = std::string(
                        "\x7f"
                        "ELF") +
                    (kind.is_64 ? '\2' : '\1') + (kind.is_big ? '\2' : '\1') + '\1' + std::string(9, '\0');
  out += number(ET_DYN, 2) + number(62, 2) + number(1, 4) + w(0) + w(header_size) + w(0) + number(0, 4) +
         number(header_size, 2) + number(segment_size, 2) + number(2, 2) + number(0, 6);
  const auto segment = [&](std::uint64_t type, std::uint64_t at, std::uint64_t size) {
    const std::string flags = number(4, 4);
    return number(type, 4) + (kind.is_64 ? flags : "") + w(at) + w(base + at) + w(base + at) + w(size) +
           w(size) + (kind.is_64 ? "" : flags) + w(8);
  };
  out += segment(PT_LOAD, 0, total) + segment(PT_DYNAMIC, dynamic_at, 6 * static_cast<std::uint64_t>(word));
  out += w(tag) + w(1) + w(DT_STRTAB) + w(base + strings_at) + w(DT_NULL) + w(0);
  return out + '\0' + runpath + '\0';
}

bool escapes(const std::string& runpath, const std::string& path = "pkg/lib/x.so", ElfKind kind = {}) {
  const auto has = [](std::string_view name) {
    return name == "pkg" || name == "pkg/lib" || name == "pkg.libs";
  };
  return escaping_runpath(bytes_of(elf_with_runpath(runpath, kind)), path, has).has_value();
}

}  // namespace

TEST_CASE("a search path that stays in the distribution is harmless") {
  for (const char* runpath :
       {"", "$ORIGIN", "$ORIGIN/", "$ORIGIN/sub", "$ORIGIN/..", "$ORIGIN/../../pkg.libs", "${ORIGIN}/../lib",
        "/usr/lib/../x", "$ORIGINAL/../../..", "../../../x", "$ORIGIN/../.."})
    CHECK_FALSE(escapes(runpath));
}

TEST_CASE("a search path to a library outside the distribution requires a forest") {
  for (const char* runpath : {"$ORIGIN/../../other/lib", "${ORIGIN}/../../other",
                              "/usr/lib:$ORIGIN:$ORIGIN/../../nvidia/cublas/lib", "$ORIGIN/../../../../lib",
                              "$ORIGIN/../missing", "$ORIGIN//..//./../other/"})
    CHECK(escapes(runpath));
  CHECK(escapes("$ORIGIN/../x", "top.so"));
  CHECK_FALSE(escapes("$ORIGIN/pkg.libs", "top.so"));
}

TEST_CASE("both classes, both byte orders and the older tag are read") {
  for (const bool is_64 : {false, true})
    for (const bool is_big : {false, true}) {
      CHECK(escapes("$ORIGIN/../../other", "pkg/lib/x.so", {is_64, is_big}));
      CHECK_FALSE(escapes("$ORIGIN/..", "pkg/lib/x.so", {is_64, is_big}));
      const std::string old = elf_with_runpath("$ORIGIN/../../other", {is_64, is_big}, DT_RPATH);
      CHECK(escaping_runpath(bytes_of(old), "a/b/c.so", [](std::string_view) { return false; }));
    }
}

TEST_CASE("what is cut off or changed is never read beyond its end") {
  for (const bool is_64 : {false, true}) {
    const std::string whole = elf_with_runpath("$ORIGIN/../../other", {is_64, false});
    const auto none = [](std::string_view) { return false; };
    for (std::size_t length = 0; length < whole.size(); ++length) {
      // A copy of exactly that size, so that a sanitizer detects reads beyond the end.
      const std::vector<char> cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
      CHECK_FALSE(escaping_runpath(std::as_bytes(std::span(cut)), "a/b.so", none));
    }
    for (std::size_t at = 0; at < whole.size(); ++at)
      for (const int value : {0, 1, 0x7f, 0x80, 0xff}) {
        std::vector<char> changed(whole.begin(), whole.end());
        changed[at] = static_cast<char>(value);
        (void)escaping_runpath(std::as_bytes(std::span(changed)), "a/b.so", none);
      }
  }
}
