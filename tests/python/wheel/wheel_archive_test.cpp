#include "python/wheel/wheel_archive.h"

#include <doctest/doctest.h>

#include "store/platform/error.h"
#include "wheel_builder.h"

using namespace envstore;
using namespace envstore::test;
using zip::test::zip_of;

namespace {

Part file(const std::string& name, const std::string& content = "content") {
  return {.name = name, .content = content};
}

std::string message_of(const std::string& bytes) {
  try {
    const WheelArchive archive(bytes_of(bytes), "a.whl");
    for (const zip::Member& member : archive.members()) archive.read(member);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::invalid_input);
    return error.what();
  }
  return "accepted";
}

std::string message_of_tail(const std::string& bytes) {
  std::uint64_t needs_from = 0;
  try {
    const auto members = read_wheel_tail(bytes_of(bytes), 0, bytes.size(), needs_from, "a.whl");
    for (const zip::Member& member : *members)
      read_wheel_member(bytes_of(bytes).subspan(static_cast<std::size_t>(member.data_offset)), member,
                        needs_from, "a.whl");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::invalid_input);
    return error.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("a refusal of the archive names the file") {
  const std::string expected =
      "cannot read 'a.whl': it is not a whole ZIP archive: it was cut off, or something follows its end";
  CHECK(message_of("no archive") == expected);
  CHECK(message_of_tail("no archive") == expected);
}

TEST_CASE("a refusal of a member names it and the file") {
  CHECK(message_of(zip_of({{.name = "a", .flags = 1}})) == "cannot read 'a' in 'a.whl': it is encrypted");
  const std::string damaged = zip_of({{.name = "a", .content = "aa", .crc = 1}});
  CHECK(message_of(damaged) == "cannot read 'a' in 'a.whl': its CRC is wrong: it is damaged");
  CHECK(message_of_tail(damaged) == message_of(damaged));
}

TEST_CASE("the name of a refused member is made safe for the terminal") {
  CHECK(message_of(zip_of({file("a\x1b[2J")})) == "cannot read 'a\\x1b[2J' in 'a.whl': the name is not safe");
  CHECK(message_of(zip_of({file("")})) == "cannot read '' in 'a.whl': the name is not safe");
}

TEST_CASE("names in a dist-info directory that differ by letter case only are refused") {
  for (const char* const name : {"p-1.dist-info/record", "P-1.Dist-Info/RECORD"}) {
    const std::string bytes = zip_of({file("p-1.dist-info/RECORD"), file(name)});
    CHECK(message_of(bytes).find("another member differs from it by letter case only") != std::string::npos);
    CHECK(message_of_tail(bytes) == "cannot read '" + std::string(name) +
                                        "' in 'a.whl': another member differs from it by letter case only");
  }
  CHECK(message_of(zip_of({file("p/a.py"), file("p/A.py")})) == "accepted");
}
