#include "python/launch/exec_spec.h"

#include <doctest/doctest.h>

#include "python/launch/environment.h"
#include "world.h"

using namespace envstore;
using namespace envstore::test;
using Words = std::vector<std::string>;

namespace {
const LaunchPlan kPlan{"/opt/bin/python3.11", "/opt/bin", "3.11.2", "lib/python3.11/site-packages", {}, {}};
}

TEST_CASE("a target becomes the words that Python is started with") {
  CHECK(exec_spec({Target::Kind::script, "a.py", {"-x"}}, kPlan, "/s", "").arguments ==
        Words{"/s/bin/python", "a.py", "-x"});
  CHECK(exec_spec({Target::Kind::script, "-a.py", {}}, kPlan, "/s", "").arguments ==
        Words{"/s/bin/python", "--", "-a.py"});
  CHECK(exec_spec({Target::Kind::module, "json", {"x"}}, kPlan, "/s", "").arguments ==
        Words{"/s/bin/python", "-m", "json", "x"});
  CHECK(exec_spec({Target::Kind::standard_input, "-", {"x"}}, kPlan, "/s", "").arguments ==
        Words{"/s/bin/python", "-", "x"});
}

TEST_CASE("a layer's Python script is started without the shell between") {
  const TemporaryDirectory scratch;
  const std::string tool = scratch.write(
      "bin/tool", "#!/bin/sh\n'''exec' \"${0%/*}/python\" \"$0\" \"$@\"\n' '''\nprint(1)\n", 0755);
  scratch.write("bin/native",
                "\x7f"
                "ELF",
                0755);
  const std::string path = scratch / "bin";
  const ExecSpec line = exec_spec({Target::Kind::command, "tool", {"a"}}, kPlan, scratch.path(), path);
  CHECK(line.arguments == Words{scratch / "bin/python", tool, "a"});
  const ExecSpec native = exec_spec({Target::Kind::command, "native", {"a"}}, kPlan, scratch.path(), path);
  CHECK(native.executable == scratch / "bin/native");
}

TEST_CASE("127 is the exit code for no such command, 126 for one that cannot be run") {
  const TemporaryDirectory folder;
  folder.write("plain", "", 0644);
  const auto failure = [&](const std::string& name) {
    return exec_spec({Target::Kind::command, name, {}}, kPlan, "/s", folder.path()).failure;
  };
  CHECK(failure("missing") == 127);
  CHECK(failure("") == 127);
  CHECK(failure("plain") == 126);
  CHECK(failure(folder / "plain") == 126);
  CHECK(failure(folder / "missing") == 127);
  CHECK(failure(folder.path()) == 126);
}

TEST_CASE("pip is the run's own by each of its names, though PATH has others") {
  const TemporaryDirectory folder;
  for (const char* name : {"pip", "pip3", "pip3.11", "pip3.9", "python3.9"}) folder.write(name, "", 0755);
  for (const char* name : {"pip", "pip3", "pip3.11"})
    CHECK(exec_spec({Target::Kind::command, name, {"list"}}, kPlan, "/s", folder.path()).arguments ==
          Words{"/s/bin/python", "-m", "pip", "list"});
  for (const char* name : {"pip3.9", "python3.9"}) {
    const ExecSpec line = exec_spec({Target::Kind::command, name, {}}, kPlan, "/s", folder.path());
    CHECK(line.failure == 127);
    CHECK(line.reason.find("3.11.2") != std::string::npos);
    CHECK(line.hint.find("--python 3.9") != std::string::npos);
  }
}

TEST_CASE("a command of another Python is refused by name, and started as it is by its path") {
  const TemporaryDirectory folder;
  const std::string tool = folder.write("tool", "#!/opt/other/bin/python\n", 0755);
  const ExecSpec line = exec_spec({Target::Kind::command, "tool", {}}, kPlan, "/s", folder.path());
  CHECK(line.failure == 127);
  CHECK(line.reason.find(tool) != std::string::npos);
  CHECK(line.reason.find("/opt/other/bin/python") != std::string::npos);
  CHECK(line.hint.find("--with tool") != std::string::npos);
  CHECK(line.hint.find(tool) != std::string::npos);
  CHECK(exec_spec({Target::Kind::command, tool, {"x"}}, kPlan, "/s", folder.path()).arguments ==
        Words{tool, "x"});
}

TEST_CASE("a run's environment leads into its scratch and out of any outer run's") {
  LaunchWorld world;
  LaunchPlan plan{"/p", "/", "3.11.2", "lib/python3.11/site-packages", {}, {}};
  world.add_layer(plan, 1);
  plan.layers[0].scripts = {"tool"};
  const std::string root = world.store.path();
  const auto environment =
      run_environment({"PATH=" + root + "/scratch/old/bin:/usr/bin:" + root + "/snapshots/x.farm/bin:/bin",
                       "PYTHONHOME=/x", "VIRTUAL_ENV=/old", "KEEP=1"},
                      {{"ADDED", "2"}, {"KEEP", "3"}}, world.store, plan, "/scratch", "lease");
  const std::string bin = root + "/" + store_paths::snapshot(plan.layers[0].snapshot, Layout::farm) + "/bin";
  CHECK(value_in(environment, "PATH") == "/scratch/bin:" + bin + ":/usr/bin:/bin");
  CHECK(value_in(environment, "VIRTUAL_ENV") == "/scratch");
  CHECK(value_in(environment, "ENVSTORE_LEASE") == "lease");
  CHECK(value_in(environment, "PYTHONHOME").empty());
  CHECK(value_in(environment, "KEEP") == "3");
  CHECK(value_in(environment, "ADDED") == "2");
}
