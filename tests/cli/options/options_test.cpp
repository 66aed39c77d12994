#include "cli/options/options.h"

#include <doctest/doctest.h>

#include "store/platform/error.h"

using namespace envstore;
using Words = std::vector<std::string>;

namespace {

constexpr OptionSpec kOptions[] = {
    {"with", 0, "REQUIREMENT", "a requirement"},
    {"python", 'p', "REQUEST", "an interpreter"},
    {"module", 'm', {}, "a module"},
    {"upgrade", 'U', {}, "newest"},
    {"exact"},
    {"extra", 'e', "NAME", {}, "write it otherwise"},
};

Arguments run(const Words& words) {
  return parse_arguments(kOptions, Positionals::first_ends_options, words);
}

std::string hint_for(const Words& words) {
  try {
    run(words);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::usage);
    return error.hint();
  }
  FAIL("accepted");
  return {};
}

}  // namespace

TEST_CASE("flags after the target belong to the program") {
  const Arguments arguments = run({"--with", "a", "x.py", "--with", "b", "-p", "--"});
  CHECK(arguments.values("with") == Words{"a"});
  CHECK(arguments.positionals() == Words{"x.py", "--with", "b", "-p", "--"});
  CHECK_FALSE(arguments.has("python"));
}

TEST_CASE("two dashes end the flags and are not passed on") {
  CHECK(run({"-m", "--", "--odd", "-x", "--"}).positionals() == Words{"--odd", "-x", "--"});
}

TEST_CASE("a single dash is a target") {
  CHECK(run({"-q", "-", "a"}).positionals() == Words{"-", "a"});
}

TEST_CASE("a value may be attached, follow an equals sign, or be the next word") {
  for (const Words& words : {Words{"-p3.12"}, Words{"-p=3.12"}, Words{"-p", "3.12"}, Words{"--python=3.12"},
                             Words{"--python", "3.12"}})
    CHECK(run(words).value("python") == "3.12");
}

TEST_CASE("switches cluster, and the last of a cluster may take a value") {
  const Arguments arguments = run({"-qmp3.9", "x"});
  CHECK(arguments.has("quiet"));
  CHECK(arguments.has("module"));
  CHECK(arguments.value("python") == "3.9");
}

TEST_CASE("values keep commas, equals signs, blanks and leading dashes") {
  const Arguments arguments = run({"--with", "a>=1,<2", "--with=b==1", "--with", "-c d", "--with="});
  CHECK(arguments.values("with") == Words{"a>=1,<2", "b==1", "-c d", ""});
}

TEST_CASE("of a flag given twice the last value counts") {
  CHECK(run({"-p3.9", "-p", "3.10"}).value("python") == "3.10");
}

TEST_CASE("a switch may be given twice") {
  CHECK(run({"-U", "--upgrade"}).has("upgrade"));
}

TEST_CASE("an unknown flag is an error that suggests the nearest one") {
  CHECK(hint_for({"--wiht", "a", "x.py"}) == "did you mean '--with'?");
  CHECK(hint_for({"--upgarde=1"}) == "did you mean '--upgrade'?");
  CHECK(hint_for({"--zzzzzzzz"}) == "--help lists the flags");
}

TEST_CASE("a flag without help is accepted, suggested for a misspelling, and not listed") {
  CHECK(run({"--exact", "x.py"}).has("exact"));
  CHECK(hint_for({"--exat"}) == "did you mean '--exact'?");
  CHECK(describe_options(kOptions).find("exact") == std::string::npos);
}

TEST_CASE("a refused flag has a hint, in every spelling") {
  for (const Words& words : {Words{"--extra", "a"}, Words{"--extra=a"}, Words{"-e", "a"}, Words{"-qea"}})
    CHECK(hint_for(words) == "write it otherwise");
}

TEST_CASE("what cannot be a command line is a usage error") {
  for (const Words& words :
       {Words{"--with"}, Words{"-p"}, Words{"-z"}, Words{"-qz"}, Words{"--module=yes=no"}}) {
    CAPTURE(words.front());
    CHECK_THROWS_AS(run(words), Error);
  }
  CHECK_THROWS_AS(parse_arguments(kOptions, Positionals::none, {"word"}), Error);
}

TEST_CASE("a switch takes no value, and a missing value is an error that names the flag") {
  CHECK_THROWS_WITH_AS(run({"--upgrade=yes"}), "cannot use '--upgrade=yes': the flag takes no value", Error);
  CHECK_THROWS_WITH_AS(run({"--with"}), "cannot use '--with': it needs a value", Error);
  CHECK(run({"--with=", "x.py"}).values("with") == Words{""});
  CHECK(run({"--with", "--", "x.py"}).values("with") == Words{"--"});
}

TEST_CASE("the last value of a flag counts, and all of them can be read") {
  const Arguments arguments = run({"-p3.9", "--with=a=b", "--python", "3.10", "--with", "c", "x.py"});
  CHECK(arguments.value("python") == "3.10");
  CHECK(arguments.values("with") == Words{"a=b", "c"});
  CHECK(arguments.value("extra").empty());
  CHECK(arguments.values("extra").empty());
}

TEST_CASE("flags of settings stand beside those of the command") {
  static constexpr SettingSpec kSettings[] = {
      {.name = "colour", .command = FlagsOf::run, .flags = {{"colour", 'k', "WORD", "which"}}},
      {.name = "size", .command = FlagsOf::gc, .flags = {{"size", 0, "BYTES", "how large"}}},
  };
  constexpr OptionTable kTable{kOptions, {FlagsOf::run}, [] { return SettingTable(kSettings); }};
  const Arguments arguments = parse_arguments(kTable, Positionals::any, {"-kred", "-U"});
  CHECK(arguments.value("colour") == "red");
  CHECK(arguments.has("upgrade"));
  CHECK_THROWS_AS(parse_arguments(kTable, Positionals::any, {"--size", "1"}), Error);
  CHECK(describe_options(kTable).find("-k, --colour WORD") != std::string::npos);
  CHECK(describe_options(kTable).find("--size") == std::string::npos);
}

TEST_CASE("flags may follow the positionals of a command that starts no program") {
  const Arguments arguments = parse_arguments(kOptions, Positionals::any, {"a", "-U", "b"});
  CHECK(arguments.has("upgrade"));
  CHECK(arguments.positionals() == Words{"a", "b"});
}

TEST_CASE("leading flags are counted with their values") {
  CHECK(leading_flags({}, {"--store", "/s", "-q", "run", "-q"}) == 3);
  CHECK(leading_flags({}, {"run"}) == 0);
  CHECK(leading_flags({}, {"-q"}) == 1);
}

TEST_CASE("the table of flags fits a terminal") {
  const std::string text = describe_options(global_options());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    CHECK(end - at <= 80);
    at = end + 1;
  }
  global_options().each([&](const OptionSpec& option) {
    CHECK(text.find("--" + std::string(option.name)) != std::string::npos);
    return false;
  });
}
