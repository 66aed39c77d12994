#include "cli/options/run_request.h"

#include <doctest/doctest.h>

#include "cli/options/run_options.h"
#include "cli/options/run_target.h"
#include "store/platform/error.h"
#include "tests/clean_settings.h"
#include "tests/store/temporary_directory.h"

using namespace envstore;
using Words = std::vector<std::string>;

namespace {

constexpr OptionSpec kFlags[] = {{"module", 'm'}, {"script", 's'}};

RunTarget target(const Words& words) {
  return find_target(parse_arguments(kFlags, Positionals::first_ends_options, words));
}

Arguments run(const Words& words) {
  return parse_arguments(kRunOptions, Positionals::first_ends_options, words);
}

std::string variables_of(const Words& words) {
  std::string text;
  for (const auto& [name, value] : launch_options(run(words)).environment) text += name + "=" + value + ";";
  return text;
}

}  // namespace

TEST_CASE("commas separate requirements, but not the parts of a specifier") {
  CHECK(split_requirements("numpy") == Words{"numpy"});
  CHECK(split_requirements("numpy, pandas") == Words{"numpy", "pandas"});
  CHECK(split_requirements("numpy>=1,<2,pandas") == Words{"numpy>=1,<2", "pandas"});
  CHECK(split_requirements("a[x,y]>1, !=2,b") == Words{"a[x,y]>1,!=2", "b"});
  CHECK(split_requirements("a @ https://h.example/x,y.whl") == Words{"a @ https://h.example/x,y.whl"});
  CHECK(split_requirements("").empty());
}

TEST_CASE("a file that ends in .py is a script, and is read") {
  const TemporaryDirectory directory;
  const std::string path = directory.write("a.py", "print(1)\n");
  const RunTarget run = target({path, "-x"});
  CHECK(run.target.kind == Target::Kind::script);
  CHECK(run.target.arguments == Words{"-x"});
  CHECK(run.script_text == "print(1)\n");
  CHECK(run.script_path == path);
}

TEST_CASE("a script may be named through a link") {
  const TemporaryDirectory directory;
  directory.write("a.py", "x");
  directory.link("b.py", "a.py");
  CHECK(target({directory.path() + "/b.py"}).script_text == "x");
}

TEST_CASE("a script that does not exist is an error that names it") {
  for (const Words& words : {Words{"/nowhere/x.py"}, Words{"-s", "/nowhere/x"}}) {
    try {
      target(words);
      FAIL("accepted");
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::not_found);
      CHECK(std::string(error.what()).find("'/nowhere/x") != std::string::npos);
    }
  }
}

TEST_CASE("a directory is a script only with __main__.py in it") {
  const TemporaryDirectory directory;
  CHECK_THROWS_AS((void)target({directory.path()}), Error);
  CHECK_THROWS_AS(target({"-s", directory.path()}), Error);
  directory.write("__main__.py", "y");
  const RunTarget run = target({directory.path()});
  CHECK(run.target.kind == Target::Kind::script);
  CHECK(run.script_text == "y");
}

TEST_CASE("a zip archive with __main__.py is a script, whatever its name") {
  const TemporaryDirectory directory;
  const std::string end("PK\x05\x06", 4);
  const std::string path =
      directory.write("tool", "#!/usr/bin/python3\nPK\x03\x04 __main__.py " + end + "rest");
  CHECK(is_zipapp(path));
  CHECK(target({path}).target.kind == Target::Kind::script);
  CHECK_FALSE(target({path}).script_text);
  CHECK_FALSE(is_zipapp(directory.write("other", "PK other.py " + end)));
  CHECK_FALSE(is_zipapp(directory.path()));
  CHECK_FALSE(is_zipapp("/nowhere"));
}

TEST_CASE("other words are commands, unless --script or --module is given") {
  const TemporaryDirectory directory;
  const std::string path = directory.write("noext", "z");
  CHECK(target({"ruff", "check"}).target.kind == Target::Kind::command);
  CHECK(target({path}).target.kind == Target::Kind::command);
  CHECK(target({"--script", path}).script_text == "z");
  CHECK(target({"-m", "json.tool", "x.py"}).target.kind == Target::Kind::module);
  CHECK_THROWS_AS(target({"-m", "-s", "x"}), Error);
  CHECK_THROWS_AS(target({}), Error);
}

TEST_CASE(
    "variables come from the files of --env-file, or else of UV_ENV_FILE, unless --no-env-file is given") {
  const CleanSettings clean;
  const TemporaryDirectory directory;
  const std::string a = directory.write("a", "A=1\n"), b = directory.write("b", "B=2\n"),
                    blank = directory.write("with blank", "C=3\n");
  CHECK(variables_of({"--env-file", a, "--env-file", b}) == "A=1;B=2;");
  CHECK(variables_of({"--env-file", a + " " + b}) == "A=1;B=2;");
  CHECK(variables_of({"--env-file", blank}) == "C=3;");
  ::setenv("UV_ENV_FILE", b.c_str(), 1);
  CHECK(variables_of({}) == "B=2;");
  CHECK(variables_of({"--env-file", a}) == "A=1;");
  CHECK(variables_of({"--no-env-file"}).empty());
  ::setenv("UV_NO_ENV_FILE", "1", 1);
  CHECK(variables_of({"--env-file", a}).empty());
}

TEST_CASE("a directory that a flag or a variable names is entered, and left again") {
  const CleanSettings clean;
  const TemporaryDirectory directory;
  const std::string before = current_directory();
  {
    const EnteredDirectory entered(run({"--directory", directory.path()}));
    CHECK(current_directory() == directory.path());
  }
  CHECK(current_directory() == before);
  ::setenv("UV_WORKING_DIRECTORY", directory.path().c_str(), 1);
  {
    const EnteredDirectory entered(run({}));
    CHECK(current_directory() == directory.path());
  }
  ::setenv("UV_WORKING_DIR", "/nowhere-at-all", 1);
  CHECK_THROWS_AS(EnteredDirectory(run({})), Error);
}

TEST_CASE("a run has a store of its own only with --no-cache or its variable") {
  const CleanSettings clean;
  CHECK_FALSE(wants_throwaway_store(run({})));
  CHECK(wants_throwaway_store(run({"--no-cache"})));
  ::setenv("UV_NO_CACHE", "true", 1);
  CHECK(wants_throwaway_store(run({})));
}

TEST_CASE("quiet counts more than verbose") {
  CHECK(verbosity_of(run({})) == Verbosity::normal);
  CHECK(verbosity_of(run({"-v"})) == Verbosity::verbose);
  CHECK(verbosity_of(run({"-qv"})) == Verbosity::quiet);
}

TEST_CASE("a request has the words of the flags; settings come from flags, variables and envstore.yaml") {
  const CleanSettings clean;
  ::setenv("UV_PYTHON", "3.9", 1);
  ::setenv("UV_OFFLINE", "1", 1);
  ::setenv("UV_ISOLATED", "1", 1);
  RunSetup setup = read_run_setup(run({"--with", "a,b", "--layout", "forest", "-U", "true"}));
  CHECK(setup.request.with == Words{"a", "b"});
  CHECK(setup.request.python == "3.9");
  CHECK(setup.request.layout == Layout::forest);
  CHECK(setup.request.offline);
  CHECK(setup.request.isolated);
  CHECK(setup.request.upgrade);
  CHECK(setup.bytecode == BytecodeMode::background);
  clear_one_shot_flags(setup.request);
  CHECK_FALSE(setup.request.upgrade);
  setup = read_run_setup(run({"-p", "3.10", "--compile-bytecode", "true"}));
  CHECK(setup.request.python == "3.10");
  CHECK(setup.bytecode == BytecodeMode::foreground);
  CHECK(setup.request.compile_bytecode);
}
