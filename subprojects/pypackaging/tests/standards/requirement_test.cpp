#include "pypackaging/requirement.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using pypackaging::Requirement;

namespace {

Requirement requirement(std::string_view text) {
  auto parsed = Requirement::parse(text);
  if (!parsed) FAIL(parsed.error().message);
  return *std::move(parsed);
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("a requirement has a name, extras, specifiers and a marker") {
  const Requirement all =
      requirement("Requests_X [security,Tests.b] >= 2.8.1, == 2.8.* ; python_version < \"2.7\"");
  CHECK(all.name == "Requests_X");
  CHECK(all.normalized_name == "requests-x");
  CHECK(all.extras == Texts{"security", "tests-b"});
  CHECK(all.specifier.canonical() == "==2.8.*,>=2.8.1");
  CHECK(!all.url);
  CHECK(all.marker.canonical() == "python_version < \"2.7\"");
  CHECK(all.canonical() == "requests-x[security,tests-b]==2.8.*,>=2.8.1; python_version < \"2.7\"");
}

TEST_CASE("a requirement may be a URL") {
  const Requirement plain = requirement("pip @ https://example.invalid/pip/1.3.1.zip#sha1=da9234ee");
  CHECK(plain.url == "https://example.invalid/pip/1.3.1.zip#sha1=da9234ee");
  CHECK(plain.specifier.empty());
  CHECK(plain.canonical() == "pip @ https://example.invalid/pip/1.3.1.zip#sha1=da9234ee");

  const Requirement marked = requirement("pip[a]@file:///x;y ; os_name=='nt'");
  CHECK(marked.url == "file:///x;y");
  CHECK(marked.canonical() == "pip[a] @ file:///x;y ; os_name == \"nt\"");
  CHECK(requirement("a@x;os_name=='nt'").marker.empty());
}

TEST_CASE("white space is where the grammar allows it and nowhere needed") {
  for (const char* text :
       {"a>=1,<2", " a >=1 , <2 ", "a (>=1,<2)", "a(>=1, <2 )", "a\t>= 1,<\t2", "a>=1,<2,"})
    CHECK(requirement(text).canonical() == "a<2,>=1");
  for (const char* text : {"a", " a ", "a[]", "a [ ] ", "a()", "a ( )"})
    CHECK(requirement(text).canonical() == "a");
  CHECK(requirement("a[b , c]").extras == Texts{"b", "c"});
}

TEST_CASE("extras are normalised, sorted and not repeated") {
  CHECK(requirement("a[Z,b_c,B-C,a.b]").extras == Texts{"a-b", "b-c", "z"});
}

TEST_CASE("=== takes any text up to white space, comma, semicolon or parenthesis") {
  CHECK(requirement("a===1.0_foo!;os_name=='x'").canonical() == "a===1.0_foo!; os_name == \"x\"");
  CHECK(requirement("a (===foo)").specifier.canonical() == "===foo");
}

TEST_CASE("what is no requirement is refused where it goes wrong") {
  const std::vector<std::pair<std::string, std::size_t>> kRefused = {
      {"", 0},          {" ", 1},          {"-a", 0},          {"a-", 1},      {"a_ ", 1},     {"a b", 2},
      {"a[", 2},        {"a[b", 3},        {"a[b,]", 4},       {"a[,b]", 2},   {"a[b c]", 4},  {"a[-b]", 2},
      {"a>=", 3},       {"a>=1 <2", 4},    {"a>=1,,<2", 5},    {"a ,>=1", 2},  {"a (>=1", 3},  {"a>=1)", 4},
      {"a(>=1) <2", 7}, {"a @", 3},        {"a @ ", 4},        {"a @ x y", 6}, {"a;", 2},      {"a ; ", 4},
      {"a;os_name", 9}, {"a;foo=='x'", 2}, {"a\n", 1},         {"a=1", 1},     {"a>=1[b]", 4}, {"a ~=1", 4},
      {"\xC3\xA9", 0},  {"a>=1.0+l", 3},   {"a (>=1,,<2)", 7},
  };
  for (const auto& row : kRefused) {
    const std::string& text = row.first;
    CAPTURE(text);
    const auto parsed = Requirement::parse(text);
    REQUIRE(!parsed);
    CHECK(parsed.error().position == row.second);
  }
}

TEST_CASE("canonical requirements are read as what they were written from") {
  for (const char* text :
       {"A_b[x,Y]>=1.0RC1,!=2.*;os.name=='a\"b' and (extra=='Z_z' or 'x' in platform_version)",
        "a @ git+https://x@y ; python_version>'3'", "a===Foo", "a"}) {
    const std::string canonical = requirement(text).canonical();
    CHECK(requirement(canonical).canonical() == canonical);
  }
}

TEST_CASE("every beginning of a requirement is read or refused within its bounds") {
  const std::string text =
      "a_b[c,d] (>=1.0a1,==2.*) ; (os_name == 'x' or \"y\" not in sys_platform) and extra=='z'";
  for (std::size_t length = 0; length <= text.size(); ++length) {
    const std::string beginning = text.substr(0, length);
    const auto parsed = Requirement::parse(beginning);
    if (!parsed) CHECK(parsed.error().position <= length);
  }
}

TEST_CASE("a refused text is quoted without its control characters and not at any length") {
  CHECK(Requirement::parse(std::string_view("a\x1b[31m\0b", 8)).error().message ==
        "invalid requirement 'a\\x1b[31m\\x00b': expected a version specifier, '@', ';' or the end after the "
        "name");
  const std::string endless = "a>=" + std::string(1'000'000, 'x') + ";os_name == '";
  CHECK(Requirement::parse(endless).error().message.size() < 500);
  std::string accents = "!";
  for (int i = 0; i < 100; ++i) accents += "\xC3\xA9";
  const std::string message = Requirement::parse(accents).error().message;
  CHECK(message.find("\xC3'") == std::string::npos);
  CHECK(message.find("\xC3...'") == std::string::npos);
}
