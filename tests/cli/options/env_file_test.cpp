#include "cli/options/env_file.h"

#include <doctest/doctest.h>

#include "store/platform/error.h"

using namespace envstore;

namespace {

std::optional<std::string> outside(const std::string& name) {
  return name == "HOME" ? std::optional<std::string>("/home/me") : std::nullopt;
}

VariableList parse(std::string_view text) {
  return parse_env_file(text, ".env", outside);
}
std::string value(std::string_view text) {
  return parse(text).at(0).second;
}

std::string fault(std::string_view text) {
  try {
    parse(text);
  } catch (const Error& error) {
    return error.what();
  }
  FAIL("accepted");
  return {};
}

}  // namespace

TEST_CASE("names and values, comments, blank lines and export") {
  CHECK(parse("# first\n\nA=1\n  export B = two # rest\r\nC=\n") ==
        VariableList{{"A", "1"}, {"B", "two"}, {"C", ""}});
  CHECK(parse("") == VariableList{});
  CHECK(parse("export=1") == VariableList{{"export", "1"}});
}

TEST_CASE("a hash inside a word is part of the value") {
  CHECK(value("A=x#y") == "x#y");
}

TEST_CASE("the first of two lines with one name counts") {
  CHECK(parse("A=1\nA=2") == VariableList{{"A", "1"}});
}

TEST_CASE("an export without a value sets nothing") {
  CHECK(parse("A=1\nexport A\nexport A B # both\nexport C=2\n") == VariableList{{"A", "1"}, {"C", "2"}});
  CHECK(fault("export A B=1\n").find("line 1") != std::string::npos);
}

TEST_CASE("lines may end in CR, and a hash after the equals sign begins a comment") {
  CHECK(parse("A=1\rB=\"x\"\r\fC=3\r\n") == VariableList{{"A", "1"}, {"B", "x"}, {"C", "3"}});
  CHECK(parse("A=#x\nB= # x\n") == VariableList{{"A", ""}, {"B", ""}});
}

TEST_CASE("UV_ENV_FILE names several files, with blanks in names escaped by a backslash") {
  CHECK(split_env_files("a.env") == std::vector<std::string>{"a.env"});
  CHECK(split_env_files(" a.env  b.env\tc\\ d.env\n") ==
        std::vector<std::string>{"a.env", "b.env", "c d.env"});
  CHECK(split_env_files("a\\\\b") == std::vector<std::string>{"a\\b"});
  CHECK(split_env_files(" ").empty());
  CHECK(split_env_files("a\\") == std::vector<std::string>{"a\\"});
}

TEST_CASE("quotes keep blanks, lines and hashes") {
  CHECK(value("A=\"x y # z\" # comment") == "x y # z");
  CHECK(value("A='x \"y\" $HOME \\n'") == "x \"y\" $HOME \\n");
  CHECK(value("A=\"one\ntwo\"") == "one\ntwo");
  CHECK(value("A=\"a\\nb\\\"c\\\\d\\$e\"") == "a\nb\"c\\d$e");
  CHECK(value("A=x'y z'\"w\"") == "xy zw");
}

TEST_CASE("references are expanded outside single quotes") {
  CHECK(value("A=$HOME/x") == "/home/me/x");
  CHECK(value("A=${HOME}x") == "/home/mex");
  CHECK(value("A=${NOTHING:-else}") == "else");
  CHECK(value("A=${NOTHING}.") == ".");
  CHECK(value("A=cost$") == "cost$");
  CHECK(parse("A=1\nB=${A}2").at(1).second == "12");
}

TEST_CASE("the environment counts before the file in a reference") {
  CHECK(parse("HOME=/elsewhere\nA=$HOME").at(1).second == "/home/me");
}

TEST_CASE("malformed lines are errors that name the line") {
  CHECK(fault("A=1\nnonsense\n").find("line 2") != std::string::npos);
  for (const char* text : {"=1", "1A=2", "A=\"open", "A='open", "A=x y", "A=${open", "A=x\\", "A=${x\n}"}) {
    CAPTURE(text);
    CHECK(fault(text).starts_with("cannot read '.env': line 1"));
  }
}

TEST_CASE("every truncation of a file is read or refused") {
  const std::string text = "export A=\"x${HOME:-y}\\n\" # c\nB='q'\nC=$A\\$";
  for (std::size_t length = 0; length <= text.size(); ++length) {
    try {
      parse(std::string_view(text).substr(0, length));
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::usage);
    }
  }
}

TEST_CASE("a NUL byte is refused, wherever it stands") {
  using namespace std::string_literals;
  for (const std::string& text : {"A='x\0y'"s, "A=\0"s, "# \0"s})
    CHECK_THROWS_AS(parse_env_file(text, "x.env", [](const std::string&) { return std::nullopt; }), Error);
}
