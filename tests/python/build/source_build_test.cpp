#include "python/build/source_build.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>

#include "store/process/child_output.h"
#include "store/process/spawn.h"
#include "tests/store/temporary_directory.h"

using namespace envstore;

namespace {

/// /usr/bin/python3 as it is: the backends of these tests are in their trees.
class BareEnvironment final : public BuildEnvironment {
 public:
  explicit BareEnvironment(std::vector<std::string> pins) : pins_(std::move(pins)) {}
  const std::string& python() const override { return python_; }
  std::vector<std::string> environment() const override {
    auto variables = filtered_environment([](std::string_view) { return true; });
    variables.push_back("PYTHONDONTWRITEBYTECODE=1");
    return variables;
  }
  std::vector<std::string> pins() const override { return pins_; }

 private:
  const std::string python_ = "/usr/bin/python3";
  const std::vector<std::string> pins_;
};

class BareEnvironments final : public BuildEnvironments {
 public:
  std::unique_ptr<BuildEnvironment> make(const std::vector<pypackaging::Requirement>& requirements,
                                         const std::string&) override {
    asked.emplace_back();
    for (const auto& requirement : requirements) asked.back().push_back(requirement.canonical());
    return std::make_unique<BareEnvironment>(asked.back());
  }
  std::vector<std::vector<std::string>> asked;
};

/// What all hooks of a good backend have in common. `calls` beside the tree has a line for each call.
const char* const kGoodBackend = R"(
import json, os, sys
def note(*what):
    with open('calls', 'a') as file:
        file.write(json.dumps(what) + '\n')
def get_requires_for_build_wheel(config_settings=None):
    note('requires', config_settings)
    return ['extra >= 2']
def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    note('metadata', config_settings)
    folder = os.path.join(metadata_directory, 'demo-1.0.dist-info')
    os.mkdir(folder)
    with open(os.path.join(folder, 'METADATA'), 'w') as file:
        file.write('Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n')
    return 'demo-1.0.dist-info'
def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    note('wheel', config_settings, metadata_directory and os.path.basename(metadata_directory))
    with open(os.path.join(wheel_directory, 'demo-1.0-py3-none-any.whl'), 'w') as file:
        file.write('wheel')
    return 'demo-1.0-py3-none-any.whl'
)";

/// A tree with a backend of its own, and where it is built.
struct World {
  explicit World(const std::string& backend) {
    make_directory(directory.fd(), "tree", 0755);
    make_directory(directory.fd(), "tree/folder", 0755);
    make_directory(directory.fd(), "work", 0700);
    create_file(directory.fd(), "tree/pyproject.toml",
                "[build-system]\nrequires = ['base']\nbuild-backend = 'backend'\nbackend-path = ['folder']\n",
                0644);
    create_file(directory.fd(), "tree/folder/backend.py", backend, 0644);
  }

  SourceBuild::Inputs inputs() const {
    return {.label = "demo 1.0",
            .source_directory = directory.path() + "/tree",
            .work_directory = directory.path() + "/work",
            .log_path = directory.path() + "/log"};
  }
  std::string log() const { return read_file(directory.fd(), "log"); }
  std::string calls() const { return read_file(directory.fd(), "tree/calls"); }

  TemporaryDirectory directory;
  BareEnvironments environments;
};

/// A backend whose build_wheel begins with these lines.
std::string with_build_wheel(const std::string& lines) {
  return "import os, sys, time, signal, subprocess\n"
         "def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):\n" +
         lines;
}
/// Of `good`: what a hook that works does at its end.
const char* const kMakeWheel =
    "    open(os.path.join(wheel_directory, 'demo-1.0-py3-none-any.whl'), 'w').close()\n"
    "    return 'demo-1.0-py3-none-any.whl'\n";

struct Failure {
  std::string message, hint;
};
Failure failure_of(World& world, SourceBuild::Inputs inputs) {
  SourceBuild build(std::move(inputs), world.environments);
  try {
    build.wheel();
  } catch (const BuildFailure& failure) {
    return {failure.what(), failure.hint()};
  }
  FAIL("the build did not fail");
  return {};
}
Failure failure_of(World& world) {
  return failure_of(world, world.inputs());
}
Failure failure_of(const std::string& backend) {
  World world(backend);
  return failure_of(world);
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("metadata and wheel: the hooks are called in order, with the requirements of the backend") {
  World world(kGoodBackend);
  auto inputs = world.inputs();
  inputs.settings = {{"--one", {"1"}}, {"many", {"a", "b"}}};
  SourceBuild build(inputs, world.environments);
  CHECK(build.build_system().backend == "backend");
  CHECK(world.environments.asked.empty());
  CHECK(build.metadata() == "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n");
  const std::string wheel = build.wheel();
  CHECK(wheel == inputs.work_directory + "/wheel/demo-1.0-py3-none-any.whl");
  CHECK(read_file(AT_FDCWD, wheel) == "wheel");
  CHECK(world.environments.asked == std::vector<std::vector<std::string>>{{"base"}, {"base", "extra>=2"}});
  CHECK(build.pins() == std::vector<std::string>{"base", "extra>=2"});
  const std::string settings = R"({"--one": "1", "many": ["a", "b"]})";
  CHECK(world.calls() == "[\"requires\", " + settings + "]\n[\"metadata\", " + settings + "]\n[\"wheel\", " +
                             settings + ", \"demo-1.0.dist-info\"]\n");
}

TEST_CASE("a wheel can be built without preparing its metadata first") {
  World world(kGoodBackend);
  SourceBuild build(world.inputs(), world.environments);
  CHECK(build.wheel().ends_with(".whl"));
  CHECK(world.calls() == "[\"requires\", null]\n[\"wheel\", null, null]\n");
}

TEST_CASE("hooks that a backend may leave out") {
  World world(with_build_wheel(kMakeWheel));
  SourceBuild build(world.inputs(), world.environments);
  CHECK(build.metadata() == std::nullopt);
  CHECK(build.wheel().ends_with(".whl"));
  CHECK(world.environments.asked.size() == 1);
  const Failure failure = failure_of("def get_requires_for_build_wheel(settings): return []\n");
  CHECK(failure.message == "cannot build 'demo 1.0': its backend 'backend' has no build_wheel");
}

TEST_CASE("an editable wheel is built by hooks of its own (PEP 660)") {
  World world(
      "import os\n"
      "def get_requires_for_build_editable(config_settings=None): return ['editables']\n"
      "def build_editable(wheel_directory, config_settings=None, metadata_directory=None):\n" +
      std::string(kMakeWheel));
  auto inputs = world.inputs();
  inputs.target = BuildTarget::editable;
  SourceBuild build(inputs, world.environments);
  CHECK(build.metadata() == std::nullopt);
  CHECK(build.wheel().ends_with(".whl"));
  CHECK(build.pins() == std::vector<std::string>{"base", "editables"});
  World other(kGoodBackend);
  auto other_inputs = other.inputs();
  other_inputs.target = BuildTarget::editable;
  const Failure failure = failure_of(other, other_inputs);
  CHECK(contains(failure.message, "has no build_editable"));
  CHECK(contains(failure.hint, "PEP 660"));
}

TEST_CASE("a hook runs in the source tree, which is not on sys.path, with its own TMPDIR and no input") {
  World world(
      with_build_wheel("    assert os.path.basename(os.getcwd()) == 'tree'\n"
                       "    assert '' not in sys.path and os.getcwd() not in sys.path, sys.path\n"
                       "    assert sys.path[0] == os.path.join(os.getcwd(), 'folder'), sys.path\n"
                       "    assert sys.argv == ['-c'], sys.argv\n"
                       "    assert os.environ['TMPDIR'] == os.path.join(os.path.dirname(os.getcwd()), "
                       "'work', 'tmp') and os.path.isdir(os.environ['TMPDIR'])\n"
                       "    assert sys.stdin.read() == ''\n"
                       "    assert not signal.pthread_sigmask(signal.SIG_BLOCK, [])\n"
                       "    print('\\u00e9\\udcff')\n") +
      kMakeWheel);
  SourceBuild build(world.inputs(), world.environments);
  CHECK(build.wheel().ends_with(".whl"));
  CHECK(world.log() == "\u00e9\\udcff\n");
}

TEST_CASE("output goes to the log and to the callback, never into the result") {
  World world(with_build_wheel("    print('{\"value\": \"evil.whl\"}')\n"
                               "    os.write(2, b'error\\n'); os.write(1, b'\\xff\\n')\n"
                               "    subprocess.run(['echo', 'program'])\n") +
              kMakeWheel);
  auto inputs = world.inputs();
  std::string seen;
  inputs.on_output = [&](std::string_view text) { seen += text; };
  SourceBuild build(inputs, world.environments);
  CHECK(build.wheel().ends_with("demo-1.0-py3-none-any.whl"));
  CHECK(seen == "{\"value\": \"evil.whl\"}\nerror\n\xff\nprogram\n");
  CHECK(world.log() == seen);
}

TEST_CASE("a hook that raises: the last lines, what is missing, and where the log is") {
  World world(with_build_wheel("    print('first')\n    import numpy_that_is_not_there\n"));
  const Failure failure = failure_of(world);
  CHECK(failure.message.starts_with(
      "cannot build 'demo 1.0': build_wheel of 'backend' failed: it raised "
      "ModuleNotFoundError; the last lines of its output:\n  first\n  Traceback"));
  CHECK(failure.message.ends_with("\n  ModuleNotFoundError: No module named 'numpy_that_is_not_there'"));
  CHECK(contains(failure.hint, "should list 'numpy_that_is_not_there'"));
  CHECK(contains(failure.hint, "the whole output is in '" + world.directory.path() + "/log'"));
  CHECK(world.log().starts_with("first\nTraceback"));
}

TEST_CASE("hooks that end in other ways than by returning") {
  const struct {
    const char *lines, *reason;
  } kCases[] = {
      {"    os._exit(0)\n", "it ended with exit code 0 and no result"},
      {"    os._exit(7)\n", "it ended with exit code 7 and no result"},
      {"    sys.exit('no')\n", "it exited with status 1"},
      {"    raise KeyboardInterrupt\n", "it raised KeyboardInterrupt"},
      {"    os.kill(os.getpid(), signal.SIGKILL)\n", "it was ended by signal 9"},
      {"    os.abort()\n", "it was ended by signal 6"},
      {"    return 7\n", "it returned a value of the type int"},
      {"    return None\n", "it returned a value of the type NoneType"},
      {"    return ['a.whl']\n", "it returned a list"},
      {"    return 'a.whl'\n", "it returned 'a.whl', which is no wheel that it made"},
      {"    open(os.path.join(wheel_directory, '../a.whl'), 'w'); return '../a.whl'\n",
       "it returned '../a.whl', which is no wheel"},
      {"    return '\\udcff.whl'\n", "its result cannot be read"},
      {"    open(os.path.join(wheel_directory, 'a'), 'w'); return 'a'\n",
       "it returned 'a', which is no wheel"},
      {"    os.symlink('/etc/passwd', os.path.join(wheel_directory, 'a.whl')); return 'a.whl'\n",
       "which is no wheel"},
      {"    import __main__; open(__main__.result_path, 'w').write('garbage'); os._exit(0)\n",
       "its result cannot be read"},
      {"    import __main__; open(__main__.result_path, 'w').write('{\"value\": {}}'); os._exit(0)\n",
       "its result cannot be read"},
      {"    import __main__; os.symlink('/etc/passwd', __main__.result_path); os._exit(0)\n",
       "its result cannot be read"},
      {"    import __main__; os.mkfifo(__main__.result_path); os._exit(0)\n", "its result cannot be read"},
  };
  for (const auto& entry : kCases) {
    CAPTURE(entry.lines);
    const std::string message = failure_of(with_build_wheel(entry.lines)).message;
    CAPTURE(message);
    CHECK(contains(message, entry.reason));
  }
}

TEST_CASE("a backend that cannot be imported, or is not the one in its backend-path") {
  CHECK(contains(failure_of("import not_there\n").message,
                 "get_requires_for_build_wheel of 'backend' failed: it cannot be imported: "
                 "ModuleNotFoundError: No module named 'not_there'"));
  CHECK(contains(failure_of("raise ValueError('x')\n").message, "it raised ValueError"));
  World world("");
  replace_file(world.directory.fd(), "tree/pyproject.toml",
               "[build-system]\nrequires = []\nbuild-backend = 'json'\nbackend-path = ['folder']\n", 0644);
  CHECK(contains(failure_of(world).message, "its backend-path does not hold it"));
  replace_file(world.directory.fd(), "tree/pyproject.toml",
               "[build-system]\nrequires = []\nbuild-backend = 'backend:a.b'\nbackend-path = ['folder']\n",
               0644);
  CHECK(contains(failure_of(world).message, "it cannot be imported: AttributeError"));
}

TEST_CASE("a backend may be an object in a module") {
  World world(
      "import os\nclass Outer:\n  class inner:\n    @staticmethod\n" +
      std::string("    def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):\n") +
      "      open(os.path.join(wheel_directory, 'a-1-py3-none-any.whl'), 'w').close()\n"
      "      return 'a-1-py3-none-any.whl'\n");
  replace_file(
      world.directory.fd(), "tree/pyproject.toml",
      "[build-system]\nrequires = []\nbuild-backend = 'backend:Outer.inner'\nbackend-path = ['folder']\n",
      0644);
  SourceBuild build(world.inputs(), world.environments);
  CHECK(build.wheel().ends_with("a-1-py3-none-any.whl"));
}

TEST_CASE("10 MB of output are logged, and do not block the hook") {
  World world(
      with_build_wheel("    sys.stdout.write('x' * 99 + '\\n')\n" +
                       std::string("    for _ in range(100): os.write(2, (b'y' * 99 + b'\\n') * 1000)\n") +
                       "    raise RuntimeError('end')\n"));
  const Failure failure = failure_of(world);
  CHECK(world.log().size() > 10'000'000);
  CHECK(failure.message.size() < 10'000);
  CHECK(failure.message.ends_with("RuntimeError: end"));
}

TEST_CASE("a hook that closes its descriptors still returns") {
  World world(with_build_wheel("    os.closerange(0, 256)\n") + kMakeWheel);
  SourceBuild build(world.inputs(), world.environments);
  CHECK(build.wheel().ends_with(".whl"));
}

TEST_CASE("a daemon that ignores SIGTERM has ended when the call returns") {
  World world(with_build_wheel("    ready, told = os.pipe()\n"
                               "    if os.fork() == 0:\n"
                               "        os.setsid()\n"
                               "        if os.fork(): os._exit(0)\n"
                               "        signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
                               "        with open('daemon', 'w') as file: file.write(str(os.getpid()))\n"
                               "        os.rename('daemon', 'daemon.pid')\n"
                               "        os.write(told, b'x')\n"
                               "        os.closerange(0, 256)\n"
                               "        while True: signal.pause()\n"
                               "    os.read(ready, 1)\n") +
              kMakeWheel);
  SourceBuild build(world.inputs(), world.environments);
  CHECK(build.wheel().ends_with(".whl"));
  const int pid = std::stoi(read_file(world.directory.fd(), "tree/daemon.pid"));
  CHECK(kill(pid, 0) != 0);
}

TEST_CASE("a hook that does not end is ended at the limit of time") {
  World world(with_build_wheel("    print('waiting')\n    while True: signal.pause()\n"));
  auto inputs = world.inputs();
  inputs.time_limit = std::chrono::seconds(2);
  const Failure failure = failure_of(world, inputs);
  CHECK(contains(failure.message, "it did not end within 2 s"));
}

TEST_CASE("metadata that is not there is a failure of its hook") {
  const auto message_of = [](const std::string& lines) {
    World world("import os\ndef prepare_metadata_for_build_wheel(directory, config_settings=None):\n" +
                lines);
    SourceBuild build(world.inputs(), world.environments);
    try {
      build.metadata();
    } catch (const BuildFailure& failure) {
      return std::string(failure.what());
    }
    return std::string();
  };
  CHECK(contains(message_of("    return 'demo-1.0.dist-info'\n"), "which is no folder that it made"));
  CHECK(contains(message_of("    return '../work.dist-info'\n"), "which is no folder that it made"));
  CHECK(contains(message_of("    os.mkdir(directory + '/d.dist-info'); return 'd.dist-info'\n"),
                 "it made no METADATA"));
  CHECK(contains(message_of("    os.symlink('/etc', directory + '/d.dist-info'); return 'd.dist-info'\n"),
                 "which is no folder that it made"));
  CHECK(contains(message_of("    os.mkdir(directory + '/d.dist-info')\n"
                            "    os.symlink('/etc/passwd', directory + '/d.dist-info/METADATA')\n"
                            "    return 'd.dist-info'\n"),
                 "it made no METADATA"));
}

TEST_CASE("requirements that a backend returns are checked") {
  CHECK(contains(failure_of("def get_requires_for_build_wheel(s=None): return ['a b']\n").message,
                 "get_requires_for_build_wheel of 'backend' failed: it returned 'a b': "));
  CHECK(contains(failure_of("def get_requires_for_build_wheel(s=None): return 'a'\n").message,
                 "it returned no list"));
  CHECK(contains(failure_of("def get_requires_for_build_wheel(s=None): return [1]\n").message,
                 "of the type list"));
}
