#include "python/resolve/own_pip.h"

#include <doctest/doctest.h>

#include "tests/python/interpreter/world.h"

using namespace envstore;
using namespace envstore::test;

TEST_CASE("a run's own pip is the newest that the interpreter brings along") {
  const TemporaryDirectory folder;
  for (const char* name : {"pip-9.0-py3-none-any.whl", "pip-23.0.1-py3-none-any.whl",
                           "pip-x-py3-none-any.whl", "setuptools-66.1.1-py3-none-any.whl"})
    folder.write(name, "");
  Interpreter interpreter;
  interpreter.wheel_folders = {folder / "missing", folder.path()};
  const Layer request = own_pip_layer(interpreter, {});
  REQUIRE(request.requirements.size() == 1);
  CHECK(request.requirements[0].normalized_name == "pip");
  CHECK(request.requirements[0].url == "file://" + folder.path() + "/pip-23.0.1-py3-none-any.whl");
}

TEST_CASE("an interpreter without one gets pip from the package index") {
  const Layer request = own_pip_layer(Interpreter(), {});
  REQUIRE(request.requirements.size() == 1);
  CHECK(request.requirements[0].canonical() == "pip");
}

TEST_CASE("the run's own wishes of versions do not choose its pip") {
  ResolutionSettings settings;
  settings.strategy = pypackaging::Strategy::lowest;
  settings.constraints.push_back(*pypackaging::Requirement::parse("pip<1"));
  const ResolutionSettings own = own_pip_layer(Interpreter(), settings).settings;
  CHECK(own.constraints.empty());
  CHECK(own.strategy == pypackaging::Strategy::highest);
}
