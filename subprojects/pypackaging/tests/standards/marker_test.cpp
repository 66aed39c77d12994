#include "pypackaging/marker.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using pypackaging::Marker;
using pypackaging::MarkerContext;
using pypackaging::MarkerEnvironment;
using pypackaging::MarkerInputs;
using pypackaging::Result;

namespace {

const MarkerEnvironment kLinux = {
    {"python_version", "3.11"},
    {"python_full_version", "3.11.2"},
    {"os_name", "posix"},
    {"sys_platform", "linux"},
    {"platform_release", "6.1.0-13-amd64"},
    {"platform_system", "Linux"},
    {"platform_version", "#1 SMP"},
    {"platform_machine", "x86_64"},
    {"platform_python_implementation", "CPython"},
    {"implementation_name", "cpython"},
    {"implementation_version", "3.11.2"},
};

using Names = std::set<std::string, std::less<>>;

Result<bool> evaluate(std::string_view text, MarkerContext context = MarkerContext::metadata,
                      Names extras = {}, Names groups = {}) {
  const auto marker = Marker::parse(text);
  if (!marker) FAIL(marker.error().message);
  return marker->evaluate(MarkerInputs{kLinux, std::move(extras), std::move(groups), context});
}

struct Row {
  std::string text;
  bool value;
};

void check(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const auto value = evaluate(row.text);
    REQUIRE(value);
    CHECK(*value == row.value);
  }
}

std::string canonical(std::string_view text) {
  return Marker::parse(text).value().canonical();
}

}  // namespace

TEST_CASE("versions are compared as versions") {
  check({{"python_version >= '3.8'", true},
         {"python_version < '3.9'", false},
         {"python_version == '3.11.0'", true},
         {"python_version == '3.*'", true},
         {"python_version ~= '3.8'", true},
         {"python_version != '3.11.*'", false},
         {"python_full_version > '3.11'", true},
         {"python_version >= ' 3.8 '", true},
         {"python_version < '3.12.0a1'", true},
         {"implementation_version === '3.11.2'", true},
         {"python_version === '3.11.0'", false}});
}

TEST_CASE("the literal may stand on the left") {
  check({{"'3.8' <= python_version", true},
         {"'3.12' < python_version", false},
         {"'posix' == os_name", true},
         {"'3.11.0' == python_version", true},
         {"'lin' in sys_platform", true},
         {"'win' not in sys_platform", true}});
}

TEST_CASE("texts that are no versions are compared as texts") {
  check({{"os_name == 'posix'", true},
         {"os_name != 'posix'", false},
         {"os_name == 'Posix'", false},
         {"platform_release == '6.1.0-13-amd64'", true},
         {"platform_release === '6.1.0-13-AMD64'", true},
         {"python_version == 'abc'", false},
         {"python_version != 'abc'", true}});
}

TEST_CASE("texts that are no versions have no order") {
  check({{"sys_platform > 'darwin'", false},
         {"sys_platform < 'm'", false},
         {"sys_platform <= 'linux'", true},
         {"sys_platform >= 'linux'", true},
         {"sys_platform <= 'linux2'", false},
         {"sys_platform >= '3.0'", false},
         {"'linux' >= sys_platform", true},
         {"'darwin' < sys_platform", false},
         {"platform_version < '5'", false},
         {"python_version > 'abc'", false},
         {"python_version < 'abc'", false},
         {"python_version >= '3.11abc'", false}});
}

TEST_CASE("what is no version matches no clause about versions") {
  check({{"platform_release >= '6.0'", false},
         {"platform_release < '6.0'", false},
         {"platform_release ~= '6.1'", false},
         {"platform_release != '6.0'", false}});
}

TEST_CASE("in and not in look for a part of the text") {
  check({{"python_version in '3.10 3.11 3.12'", true},
         {"python_version not in '3.10,3.12'", true},
         {"platform_machine in 'x86_64 aarch64'", true},
         {"sys_platform in 'win32'", false},
         {"os_name not \t in 'nt java'", true},
         {"os_name in ''", false},
         {"'' in os_name", true}});
}

TEST_CASE("and binds closer than or, parentheses closer than both") {
  const std::string yes = "os_name == 'posix'", no = "os_name == 'nt'";
  check({{yes + " or " + yes + " and " + no, true},
         {"(" + yes + " or " + yes + ") and " + no, false},
         {no + " and " + yes + " or " + yes, true},
         {no + " and (" + yes + " or " + yes + ")", false},
         {no + " or " + no + " or " + yes, true},
         {yes + " and " + yes + " and " + no, false},
         {"((((" + yes + "))))", true},
         {yes + "and(" + yes + ")or " + no, true}});
}

TEST_CASE("names of earlier days mean their successors") {
  check({{"os.name == 'posix'", true},
         {"sys.platform == 'linux'", true},
         {"platform.version == '#1 SMP'", true},
         {"platform.machine == 'x86_64'", true},
         {"platform.python_implementation == 'CPython'", true},
         {"python_implementation == 'CPython'", true}});
  CHECK(canonical("os.name == 'a' and python_implementation == 'b'") ==
        "os_name == \"a\" and platform_python_implementation == \"b\"");
}

TEST_CASE("undefined comparisons are errors") {
  for (const char* text :
       {"os_name ~= 'posix'", "python_version ~= 'surprise'", "python_version ~= '3'", "'a' == 'a'",
        "os_name === 'posix'", "'dog' ~= 'fred'", "os_name == 'posix' or os_name ~= 'x'"}) {
    CAPTURE(text);
    CHECK(!evaluate(text));
  }
}

TEST_CASE("a variable that the environment lacks is an error") {
  const MarkerEnvironment nothing;
  CHECK(!Marker::parse("os_name == 'a'").value().evaluate(MarkerInputs{nothing}));
}

TEST_CASE("two variables can be compared") {
  check({{"os_name == sys_platform", false},
         {"implementation_version == python_full_version", true},
         {"python_version < python_full_version", true}});
}

TEST_CASE("a Python of a modified source tree is a local version") {
  MarkerEnvironment modified = kLinux;
  modified["python_full_version"] = "3.13.0a1+";
  const MarkerInputs inputs{modified};
  CHECK(*Marker::parse("python_full_version >= '3.13.0a1'").value().evaluate(inputs));
  CHECK(*Marker::parse("python_full_version < '3.13'").value().evaluate(inputs) == false);
}

TEST_CASE("in metadata, extra is each active extra in turn") {
  const auto metadata = MarkerContext::metadata;
  CHECK(*evaluate("extra == 'Foo_Bar'", metadata, {"foo-bar"}));
  CHECK(*evaluate("'foo.bar' == extra", metadata, {"a", "foo-bar"}));
  CHECK(!*evaluate("extra == 'x'", metadata));
  CHECK(*evaluate("extra == ''", metadata));
  CHECK(*evaluate("extra != 'x'", metadata));
  CHECK(!*evaluate("extra != 'x'", metadata, {"x"}));
  CHECK(*evaluate("extra != 'x'", metadata, {"x", "y"}));
  CHECK(!*evaluate("extra == 'x' and extra == 'y'", metadata, {"x", "y"}));
  CHECK(*evaluate("extra == 'x' or os_name == 'posix'", metadata));
}

TEST_CASE("names of extras are never compared as versions") {
  CHECK(!*evaluate("extra == '1.0'", MarkerContext::metadata, {"1"}));
  CHECK(*evaluate("extra == '1.0'", MarkerContext::metadata, {"1-0"}));
  // As versions, both would be 1.post0.
  CHECK(!*evaluate("extra == '1-0'", MarkerContext::metadata, {"01-0"}));
  CHECK(!*evaluate("'1-0' == extra", MarkerContext::metadata, {"01-0"}));
}

TEST_CASE("in lock files, extras and dependency_groups are sets") {
  const auto lock = MarkerContext::lock_file;
  CHECK(*evaluate("'Foo_Bar' in extras", lock, {"foo-bar"}));
  CHECK(!*evaluate("'dev' in extras", lock, {"a"}, {"dev"}));
  CHECK(*evaluate("'Dev' in dependency_groups and 'a' in extras", lock, {"a"}, {"dev"}));
  CHECK(*evaluate("'dev' not in dependency_groups", lock));
  CHECK(*evaluate("'fo' not in extras", lock, {"foo"}));
}

TEST_CASE("sets can only be asked for a member") {
  for (const char* text : {"extras == 'a'", "extras in 'a'", "'a' == extras", "extras in dependency_groups",
                           "'a' >= dependency_groups", "os_name in extras"}) {
    CAPTURE(text);
    CHECK(!evaluate(text, MarkerContext::lock_file, {"a"}));
  }
}

TEST_CASE("each context refuses the variables of the others") {
  CHECK(!evaluate("extra == 'a'", MarkerContext::requirement));
  CHECK(!evaluate("extra == 'a'", MarkerContext::lock_file));
  CHECK(!evaluate("'a' in extras", MarkerContext::metadata));
  CHECK(!evaluate("'a' in dependency_groups", MarkerContext::requirement));
  CHECK(!evaluate("os_name == 'posix' or extra == 'a'", MarkerContext::requirement));
}

TEST_CASE("markers are printed with double quotes, names normalised and the author's grouping") {
  CHECK(canonical("python_version>='3.8'and os_name=='a'") ==
        "python_version >= \"3.8\" and os_name == \"a\"");
  CHECK(canonical("os_name=='a\"b'") == "os_name == 'a\"b'");
  CHECK(canonical("os_name==\"a'b\"") == "os_name == \"a'b\"");
  CHECK(canonical("extra=='Foo_Bar'") == "extra == \"foo-bar\"");
  CHECK(canonical("((os_name=='a'))") == "os_name == \"a\"");
  CHECK(canonical("(os_name=='a' and os_name=='b') or (os_name=='c')") ==
        "(os_name == \"a\" and os_name == \"b\") or os_name == \"c\"");
  CHECK(canonical("os_name=='a' and ((os_name=='b' or os_name=='c'))") ==
        "os_name == \"a\" and (os_name == \"b\" or os_name == \"c\")");
  CHECK(canonical("'a' not  in os_name") == "\"a\" not in os_name");
}

TEST_CASE("what is no marker is refused where it goes wrong") {
  const std::vector<std::pair<std::string, std::size_t>> kRefused = {
      {"", 0},
      {" ", 1},
      {"os_name", 7},
      {"os_name ==", 10},
      {"os_name == 'a", 11},
      {"os_nam == 'a'", 0},
      {"(os_name == 'a'", 15},
      {"os_name == 'a')", 14},
      {"os_name == 'a' and", 18},
      {"os_name == 'a' 'b'", 15},
      {"os_name is 'a'", 8},
      {"os_name not 'a'", 12},
      {"os_name notin 'a'", 8},
      {"os_name == a", 11},
      {"()", 1},
      {"os_name == 'a'\n", 14},
      {"os_name = 'a'", 8},
      {"not os_name == 'a'", 0},
      {"os_name == 'a' AND os_name == 'b'", 15},
      {"'a'", 3},
      {"OS_NAME == 'a'", 0},
      {"os_name == 'a' and and", 19},
  };
  for (const auto& row : kRefused) {
    const std::string& text = row.first;
    CAPTURE(text);
    const auto parsed = Marker::parse(text);
    REQUIRE(!parsed);
    CHECK(parsed.error().position == row.second);
  }
}

TEST_CASE("parentheses nest to a limit, and no text overflows the stack") {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '(') + "os_name == 'posix'" + std::string(depth, ')');
  };
  CHECK(*evaluate(nested(200)));
  CHECK(!Marker::parse(nested(201)));
  CHECK(!Marker::parse(std::string(1'000'000, '(')));
  std::string long_chain = "os_name == 'nt'";
  for (int i = 0; i < 20'000; ++i) long_chain += " or os_name == 'nt'";
  CHECK(!*evaluate(long_chain));
}

TEST_CASE("an empty marker is true, and joining keeps precedence") {
  const MarkerInputs inputs{kLinux};
  CHECK(*Marker().evaluate(inputs));
  CHECK(Marker().empty());
  const Marker either = Marker::parse("os_name == 'posix' or os_name == 'nt'").value();
  const Marker extra = Marker::parse("extra == 'x'").value();
  CHECK(either.conjoin(Marker()).canonical() == either.canonical());
  CHECK(Marker().conjoin(either).canonical() == either.canonical());
  CHECK(either.conjoin(extra).canonical() ==
        "(os_name == \"posix\" or os_name == \"nt\") and extra == \"x\"");
  CHECK(either.conjoin(extra).mentions_extra());
  CHECK(!either.mentions_extra());
  CHECK(!*either.conjoin(extra).evaluate(inputs));
}

TEST_CASE("a marker that does not depend on an extra has the value that it has without any") {
  for (const char* text :
       {"extra == 'a'", "extra != 'a'", "'A' == extra", "extra == ''", "extra in 'a b'", "os_name == 'posix'",
        "os_name == 'posix' and (extra == 'b' or extra == 'C_D')", "extra >= 'a'", "extra == os_name"}) {
    const Marker marker = Marker::parse(text).value();
    const Result<bool> without = marker.evaluate({kLinux});
    for (const char* name : {"a", "b", "c-d", "z"}) {
      CAPTURE(text);
      CAPTURE(name);
      const Result<bool> with = marker.evaluate({kLinux, {name}});
      if (!marker.depends_on_extra(name)) CHECK(*with == *without);
    }
  }
  const Marker marker = Marker::parse("os_name == 'posix' and extra == 'A_b'").value();
  CHECK(marker.depends_on_extra("a-b"));
  CHECK(!marker.depends_on_extra("c"));
}

TEST_CASE("a joined marker is read back as what it was") {
  const Marker both = Marker::parse("os_name == 'a' and os_name == 'b'").value();
  const Marker joined = both.conjoin(Marker::parse("(os_name == 'c' or os_name == 'd')").value());
  CHECK(Marker::parse(joined.canonical()).value().canonical() == joined.canonical());
}

TEST_CASE("a marker names the variables that it reads, each once") {
  const auto variables = [](std::string_view text) { return Marker::parse(text).value().variables(); };
  CHECK(Marker().variables().empty());
  CHECK(variables("os.name == 'posix' and (extra == 'x' or 'a' in sys_platform or os_name < 'z')") ==
        Names{"extra", "os_name", "sys_platform"});
}

TEST_CASE("markers are equal if their canonical texts are") {
  CHECK(Marker() == Marker());
  CHECK(Marker::parse("os.name=='a'").value() == Marker::parse("os_name == \"a\"").value());
  CHECK_FALSE(Marker::parse("os_name == 'a'").value() == Marker::parse("os_name == 'b'").value());
  CHECK_FALSE(Marker() == Marker::parse("os_name == 'a'").value());
}
