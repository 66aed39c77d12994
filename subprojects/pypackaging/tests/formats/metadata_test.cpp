#include "pypackaging/metadata.h"

#include <doctest/doctest.h>

using namespace pypackaging;

namespace {

const std::string kWhole =
    "Metadata-Version: 2.4\n"
    "Name: Demo.Project\n"
    "Version: 1.0\n"
    "License: one\n line more\n"
    "Requires-Dist: numpy>=2\n"
    "Requires-Dist: rich;\n  extra == 'show'\n"
    "Provides-Extra: Show_It\n"
    "Requires-Python: >=3.9\n"
    "Dynamic: license\n"
    "X-Own: kept\n"
    "\n"
    "The body.\n";

bool mentions(const CoreMetadata& metadata, std::string_view text) {
  for (const ParseError& error : metadata.errors)
    if (error.message.find(text) != std::string::npos) return true;
  return false;
}

}  // namespace

TEST_CASE("fields, folded lines and the body are read") {
  const CoreMetadata metadata = CoreMetadata::parse(kWhole);
  CHECK(metadata.errors.empty());
  CHECK_FALSE(metadata.fatal_error().has_value());
  CHECK(metadata.name == "Demo.Project");
  CHECK(metadata.version->canonical() == "1.0");
  REQUIRE(metadata.requires_dist.size() == 2);
  CHECK(metadata.requires_dist[1].canonical() == "rich; extra == \"show\"");
  CHECK(metadata.provides_extra == std::vector<std::string>{"show-it"});
  CHECK(metadata.requires_python->canonical() == ">=3.9");
  CHECK(metadata.fields.at("license").front() == "one\nline more");
  CHECK(metadata.fields.at("description").front() == "The body.\n");
  CHECK(metadata.fields.at("x-own").front() == "kept");
}

TEST_CASE("CRLF files read like LF files") {
  std::string crlf;
  for (const char c : kWhole) crlf += c == '\n' ? std::string("\r\n") : std::string(1, c);
  const CoreMetadata metadata = CoreMetadata::parse(crlf);
  CHECK(metadata.errors.empty());
  CHECK(metadata.requires_dist.size() == 2);
  CHECK(metadata.fields.at("description").front() == "The body.\r\n");
}

TEST_CASE("the bars of a folded description are taken off") {
  const CoreMetadata metadata = CoreMetadata::parse(
      "Metadata-Version: 2.1\nName: a\nVersion: 1\nDescription: one\n       |two\n       |\n       |  "
      "three\n");
  CHECK(metadata.fields.at("description").front() == "one\ntwo\n\n  three");
}

TEST_CASE("what is missing or wrong is collected, each with its field's name") {
  const CoreMetadata metadata = CoreMetadata::parse(
      "Metadata-Version: 2.7\nName: -bad-\nVersion: one\nRequires-Dist: =\nRequires-Python: three\nSummary: "
      "a\nSummary: b\n"
      "Dynamic: name\nDynamic: nonsense\nProvides-Extra: ?\nno field here\n");
  for (const char* field :
       {"metadata-version", "name:", "version:", "requires-dist", "requires-python", "summary",
        "dynamic: 'name'", "dynamic: 'nonsense'", "provides-extra", "no 'Field: value'"}) {
    CAPTURE(field);
    CHECK(mentions(metadata, field));
  }
  CHECK(metadata.fields.at("summary") == std::vector<std::string>{"a"});
  CHECK(metadata.fatal_error().has_value());
}

TEST_CASE("an empty file lacks the three fields that must be there") {
  const CoreMetadata metadata = CoreMetadata::parse("");
  CHECK(metadata.errors.size() == 3);
  CHECK(metadata.fatal_error().has_value());
}

TEST_CASE("an unknown minor version is read, an unknown major version is fatal") {
  CHECK_FALSE(CoreMetadata::parse("Metadata-Version: 2.9\nName: a\nVersion: 1\n").fatal_error().has_value());
  CHECK(CoreMetadata::parse("Metadata-Version: 3.0\nName: a\nVersion: 1\n").fatal_error().has_value());
}

TEST_CASE("every truncated length of a file is read without a fault") {
  for (std::size_t length = 0; length <= kWhole.size(); ++length)
    (void)CoreMetadata::parse(std::string_view(kWhole).substr(0, length)).fatal_error();
  CHECK(CoreMetadata::parse(kWhole).errors.empty());
}

TEST_CASE("WHEEL is read, and its version and root must be there") {
  const auto info = WheelInfo::parse(
      "Wheel-Version: 1.9\nGenerator: x\nRoot-Is-Purelib: false\nTag: py3-none-any\nBuild: 2\n");
  REQUIRE(info);
  CHECK(info->wheel_version == std::pair{1, 9});
  CHECK_FALSE(info->root_is_purelib);
  CHECK(info->tags == std::vector<std::string>{"py3-none-any"});
  CHECK(info->build == "2");
  for (const char* bad : {"", "Root-Is-Purelib: true\n", "Wheel-Version: 1.x\nRoot-Is-Purelib: true\n",
                          "Wheel-Version: \n", "Wheel-Version: 1.\n", "Wheel-Version: 1.-1\n",
                          "Wheel-Version: 99999999999.0\nRoot-Is-Purelib: true\n"}) {
    CAPTURE(bad);
    CHECK_FALSE(WheelInfo::parse(bad).has_value());
  }
}

TEST_CASE("RECORD lines have a path, perhaps a hash, perhaps a size") {
  const auto record = parse_record("a.py,sha256=abc,12\r\n\"b,\"\"c\"\".py\",,\nd/RECORD,,\n");
  REQUIRE(record);
  REQUIRE(record->size() == 3);
  CHECK((*record)[0].algorithm == "sha256");
  CHECK((*record)[0].digest == "abc");
  CHECK((*record)[0].size == 12);
  CHECK((*record)[1].path == "b,\"c\".py");
  CHECK((*record)[1].algorithm.empty());
  CHECK_FALSE((*record)[1].size.has_value());
}

TEST_CASE("WHEEL in the forms that pip installs") {
  struct Case {
    const char* text;
    std::pair<int, int> version;
    bool root_is_purelib;
  };
  for (const Case& one : {Case{"Wheel-Version: 1.0\n", {1, 0}, false},
                          Case{"Wheel-Version: 1\nRoot-Is-Purelib: TRUE\n", {1, 0}, true},
                          Case{"Wheel-Version: 1.2.3\nRoot-Is-Purelib: yes\n", {1, 2}, false}}) {
    CAPTURE(one.text);
    const auto info = WheelInfo::parse(one.text);
    REQUIRE(info);
    CHECK(info->wheel_version == one.version);
    CHECK(info->root_is_purelib == one.root_is_purelib);
  }
}

TEST_CASE("RECORD in the forms that pip installs") {
  const auto record = parse_record(
      "\xEF\xBB\xBF"
      "a.py, sha256=abc, 12\na.py,,\nb.py,sha256=abc\nc.py\nd,,,x\n");
  REQUIRE(record);
  REQUIRE(record->size() == 5);
  CHECK((*record)[0].path == "a.py");
  CHECK((*record)[0].algorithm == "sha256");
  CHECK((*record)[0].size == 12);
  CHECK((*record)[1].path == "a.py");
  CHECK((*record)[2].digest == "abc");
  CHECK_FALSE((*record)[2].size.has_value());
  CHECK((*record)[3].algorithm.empty());
  CHECK((*record)[4].path == "d");
  const auto wrong = parse_record(
      "\xEF\xBB\xBF"
      "a,,\nb,,x\n");
  REQUIRE_FALSE(wrong.has_value());
  CHECK(wrong.error().position == 7);
}

TEST_CASE("RECORD with an open quote or a bad number is refused where it is") {
  struct Case {
    const char* text;
    std::size_t position;
  };
  for (const Case& one :
       {Case{"\"a,,\n", 0}, Case{"a,,x\n", 0}, Case{"a,sha256,1\n", 0}, Case{"a,b\n", 0}, Case{",,\n", 0},
        Case{"\"a\"b,,\n", 3}, Case{"a,,-1\n", 0}, Case{"a,,99999999999999999999999\n", 0}}) {
    CAPTURE(one.text);
    const auto record = parse_record(one.text);
    REQUIRE_FALSE(record.has_value());
    CHECK(record.error().position == one.position);
  }
}

TEST_CASE("entry points are read by group") {
  const auto groups = parse_entry_points(
      "# comment\n[console_scripts]\nDemo = demo.cli:main\nother=demo : app.run [one, Two]\n\n; "
      "note\n[pytest11]\nplug = plug\n");
  REQUIRE(groups);
  const auto& scripts = groups->at("console_scripts");
  REQUIRE(scripts.size() == 2);
  CHECK(scripts[0].name == "Demo");
  CHECK(scripts[0].module == "demo.cli");
  CHECK(scripts[0].attribute == "main");
  CHECK(scripts[1].attribute == "app.run");
  CHECK(scripts[1].extras == std::vector<std::string>{"one", "two"});
  CHECK(groups->at("pytest11")[0].attribute.empty());
}

TEST_CASE("a byte order mark and a comment after a script's value are no part of an entry point") {
  const auto groups =
      parse_entry_points("\xEF\xBB\xBF[console_scripts]\na = b:c # text\nd = e:f\t; text\n[x]\ny = z # 1\n");
  REQUIRE(groups);
  CHECK(groups->at("console_scripts")[0].attribute == "c");
  CHECK(groups->at("console_scripts")[1].attribute == "f");
  CHECK(groups->at("x")[0].module == "z # 1");
  const auto wrong = parse_entry_points("\xEF\xBB\xBFnothing\n");
  REQUIRE_FALSE(wrong.has_value());
  CHECK(wrong.error().position == 3);
}

TEST_CASE("entry points that do not name an object, or stand twice, are refused") {
  for (const char* bad :
       {"[console_scripts]\na = b:c;import os\n", "[console_scripts]\na = b c\n", "[console_scripts]\na =\n",
        "[console_scripts]\na = b:c\na = d:e\n", "[console_scripts]\na = b\n", "[gui_scripts]\n../a = b:c\n",
        "a = b\n", "[x]\n= b\n", "[x]\nnothing\n", "[console_scripts]\na = b:c [\n",
        "[console_scripts]\na = b..c:d\n", "[console_scripts]\na = 1b:c\n"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_entry_points(bad).has_value());
  }
}
