#include <doctest/doctest.h>

#include "zip/archive.h"

#include "zip/tail.h"
#include "zip_builder.h"

using namespace zip;
using namespace zip::test;

namespace {

std::string reason_of(const std::string& bytes) {
  try {
    const Archive archive(bytes_of(bytes));
    for (const Member& member : archive.members()) archive.read(member);
  } catch (const Error& error) {
    return error.reason();
  }
  return "accepted";
}

Part file(const std::string& name, const std::string& content = "content") {
  return {.name = name, .content = content};
}

}  // namespace

TEST_CASE("stored and deflated members are read back, sorted by name, without directories") {
  const std::string text(10'000, 'x');
  const std::string bytes =
      zip_of({{.name = "b/c.py", .content = text, .deflate = true}, file("b/", ""), file("a.py", "1\n")});
  const Archive archive(bytes_of(bytes));
  REQUIRE(archive.members().size() == 2);
  CHECK(archive.members()[0].name == "a.py");
  CHECK(archive.read(*archive.find("a.py")) == "1\n");
  CHECK(archive.read(*archive.find("b/c.py")) == text);
  CHECK(archive.find("b") == nullptr);
}

TEST_CASE("an empty archive and empty members are fine") {
  CHECK(reason_of(zip_of({})) == "accepted");
  CHECK(reason_of(zip_of({file("a", ""), {.name = "b", .content = "", .deflate = true}})) == "accepted");
}

TEST_CASE("any execute bit makes a member executable") {
  const std::string bytes =
      zip_of({{.name = "a", .mode = 0100744}, {.name = "b", .mode = 0100644}, {.name = "c", .mode = 0755}});
  const Archive archive(bytes_of(bytes));
  CHECK(archive.find("a")->executable);
  CHECK_FALSE(archive.find("b")->executable);
  CHECK(archive.find("c")->executable);
}

TEST_CASE("Zip64 fields and end records are understood") {
  const std::string bytes =
      zip_of({{.name = "a", .content = "aaa", .zip64 = true}, file("b")}, {.zip64_end = true});
  const Archive archive(bytes_of(bytes));
  CHECK(archive.read(*archive.find("a")) == "aaa");
  CHECK(archive.read(*archive.find("b")) == "content");
}

TEST_CASE("a data descriptor of each form is understood, a wrong one is not") {
  const std::string content = "content";
  const std::string crc = little_endian(crc_of(content), 4);
  const std::string sizes32 = little_endian(7, 4) + little_endian(7, 4);
  const std::string sizes64 = little_endian(7, 8) + little_endian(7, 8);
  const auto with = [&](const std::string& descriptor) {
    return reason_of(
        zip_of({{.name = "a", .content = content, .flags = 8, .descriptor = descriptor}, file("b")}));
  };
  CHECK(with("PK\x07\x08" + crc + sizes32) == "accepted");
  CHECK(with(crc + sizes32) == "accepted");
  CHECK(with("PK\x07\x08" + crc + sizes64) == "accepted");
  CHECK(with(crc + sizes64) == "accepted");
  CHECK(with("") != "accepted");
  CHECK(with("PK\x07\x08" + crc + sizes32 + "hidden") != "accepted");
  CHECK(with("PK\x07\x08" + little_endian(1, 4) + sizes32) != "accepted");
}

TEST_CASE("what is refused, and why") {
  const Part good = file("good.py");
  const auto refused = [](const std::string& bytes, const std::string& part_of_reason) {
    const std::string reason = reason_of(bytes);
    CAPTURE(reason);
    CHECK(reason.find(part_of_reason) != std::string::npos);
  };
  for (const char* name : {"../evil", "a/../../evil", "/evil", "a//b", "./a", "a\\b", "a\nb", "\xff", "a/.",
                           "..", "/", "a\x7f", "\xed\xa0\x80"})
    refused(zip_of({file(name)}), "not safe");
  refused(zip_of({file("")}), "not safe");
  refused(zip_of({file(std::string("a\0b", 3))}), "not safe");
  refused(zip_of({file(std::string(300, 'a'))}), "not safe");
  refused(zip_of({good, file(good.name, "other content")}), "occurs twice, with different content (");
  refused(zip_of({file("p-1.dist-info/RECORD", "a"), file("p-1.dist-info/RECORD", "b")}),
          "different content");
  // Two words with the same CRC.
  refused(zip_of({file("a", "plumless"), file("a", "buckeroo")}), "occurs twice, with different content");
  refused(zip_of({file("a"), file("a/b")}), "file and a directory");
  refused(zip_of({file("a/b"), file("a")}), "file and a directory");
  refused(zip_of({file("a"), file("a/", "")}), "file and a directory");
  refused(zip_of({{.name = "a", .content = "/etc", .mode = 0120777}}), "symbolic link");
  refused(zip_of({{.name = "a", .mode = 0020644}}), "neither a file nor a directory");
  refused(zip_of({{.name = "a", .mode = 0040755}}), "neither a file nor a directory");
  refused(zip_of({{.name = "a", .flags = 1}}), "encrypted");
  refused(zip_of({{.name = "a", .flags = 0x2000}}), "encrypted");
  refused(zip_of({{.name = "a", .method = 12}}), "unknown method");
  refused(zip_of({{.name = "a", .content = "aa", .local_name = "b"}}), "contradicts the directory: the name");
  refused(zip_of({{.name = "a", .content = "aa", .local_crc = 1}}), "contradicts the directory: the CRC");
  refused(zip_of({{.name = "a", .content = "aa", .crc = 1}}), "CRC is wrong");
  refused(zip_of({{.name = "a", .content = "aa", .size = 1}}), "two sizes");
  refused(zip_of({{.name = "a", .content = "aa", .deflate = true, .size = 3}}), "damaged");
  refused(zip_of({{.name = "a", .content = "aa", .deflate = true, .size = 1}}), "damaged");
  refused(zip_of({{.name = "a", .content = "aa", .deflate = true, .size = 1 << 30}}), "cannot be");
  refused(zip_of({{.name = "a", .content = "aa", .size = 3, .compressed_size = 3}, good}), "overlaps");
  refused(zip_of({{.name = "a", .content = "aa", .size = 9999, .compressed_size = 9999}}), "beyond");
  refused(zip_of({{.name = "a", .content = "aa", .size = 1, .compressed_size = 1}, good}),
          "unexplained data after");
  std::string shared = zip_of({{.name = "a"}, {.name = "a"}});
  shared.replace(shared.rfind("PK\x01\x02") + 42, 4,
                 std::string(4, '\0'));  // the offset of the second is that of the first
  shared[shared.rfind("PK\x01\x02") + 46] = 'b';
  refused(shared, "overlaps");
  refused(zip_of({file("d/", "content")}), "directory has content");
  refused(zip_of({good, {.name = "b", .gap = "hidden"}}), "unexplained data");
  refused(zip_of({{.name = "a", .gap = "#!/bin/sh\n"}}), "unexplained data before it");
  refused(zip_of({good}, {.before_directory = "hidden"}), "unexplained data after");
  refused(zip_of({good}, {.behind = "hidden"}), "not a whole ZIP archive");
  refused(zip_of({good}, {.count = 2}), "cut off");
  refused(zip_of({good, file("b")}, {.count = 1}), "holds more than it says");
  refused("#!/bin/sh\n" + zip_of({good}), "does not explain");
  refused(zip_of({good}, {.comment = zip_of({good})}), "does not explain");
  refused(zip_of({good}, {.comment = "PK\x05\x06 and some more text behind it"}), "two ways");
  refused(zip_of({{.name = "a",
                   .content = "aa",
                   .zip64 = true,
                   .extra = little_endian(1, 2) + little_endian(0, 2)}}),
          "two Zip64 fields");
  refused(zip_of({{.name = "a", .extra = little_endian(0x7075, 2) + little_endian(1, 2) + "b"}}),
          "second name");
  refused(zip_of({{.name = "a", .extra = little_endian(9, 2) + little_endian(50, 2)}}),
          "extra field is malformed");
  refused("", "not a whole ZIP archive");
  refused("PK\x05\x06", "not a whole ZIP archive");
}

TEST_CASE("a member that occurs twice with the same bytes is one member") {
  const std::string bytes = zip_of({file("d/", ""),
                                    file("b", "same"),
                                    {.name = "b", .content = "same", .deflate = true},
                                    file("d/", ""),
                                    file("a", "x"),
                                    file("b", "same")});
  const Archive archive(bytes_of(bytes));
  REQUIRE(archive.members().size() == 2);
  CHECK(archive.read(*archive.find("b")) == "same");
  CHECK(archive.repeated() == std::vector<std::string>{"b", "b"});
  std::uint64_t needs_from = 0;
  const auto tail = read_tail(bytes_of(bytes), 0, bytes.size(), needs_from);
  REQUIRE(tail.has_value());
  CHECK(tail->size() == 2);
}

TEST_CASE("a comment is fine") {
  CHECK(reason_of(zip_of({file("a")}, {.comment = "made by hand"})) == "accepted");
}

TEST_CASE("every truncated length is refused") {
  const std::string whole = zip_of(
      {{.name = "a", .content = std::string(300, 'a'), .deflate = true}, file("b")}, {.zip64_end = true});
  for (std::size_t length = 0; length < whole.size(); ++length) {
    CAPTURE(length);
    CHECK(reason_of(whole.substr(0, length)) != "accepted");
  }
}

TEST_CASE("no flipped byte makes a member's content differ unnoticed") {
  const std::string whole =
      zip_of({{.name = "a", .content = std::string(40, 'a'), .deflate = true}, file("b")});
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 0x55);
    try {
      const Archive archive(bytes_of(changed));
      for (const Member& member : archive.members()) {
        const std::string content = archive.read(member);
        CHECK((content == std::string(40, 'a') || content == "content"));
      }
    } catch (const zip::Error&) {
    }
  }
}
