#include "python/lock/uv_lock.h"

#include <doctest/doctest.h>

#include "store/platform/error.h"

using namespace envstore;
using pypackaging::Requirement;
using pypackaging::SpecifierSet;
using pypackaging::Version;

namespace {

const std::string kPath = "/folder/s.py.lock";
const std::string kRegistry = "source = { registry = 'https://index.invalid/simple' }\n";

std::string entry(const std::string& name, const std::string& version, const std::string& lines = "") {
  return "[[package]]\nname = '" + name + "'\nversion = '" + version + "'\n" + kRegistry + lines +
         "wheels = [{ url = 'https://files.invalid/" + name + "-" + version +
         "-py3-none-any.whl', hash = 'sha256:" + std::string(64, 'a') + "', size = 7 }]\n";
}

std::string lock_text(const std::string& requirements, const std::string& entries) {
  return "version = 1\nrevision = 3\nrequires-python = '>=3.9'\n[manifest]\nrequirements = [" + requirements +
         "]\n" + entries;
}

UvLock parsed(const std::string& text) {
  return parse_uv_lock(text, kPath);
}

std::vector<std::string> installed(const std::string& text) {
  Interpreter interpreter;
  interpreter.markers = {
      {"python_version", "3.11"}, {"python_full_version", "3.11.2"}, {"sys_platform", "linux"}};
  const pypackaging::TagPriority tags({{"py3", "none", "any"}});
  const auto python = *Version::parse("3.11.2");
  std::vector<std::string> names;
  for (const LockedPackage& package : lock_of(parsed(text), kPath, {interpreter, tags, python}).packages)
    names.push_back(package.name + " " + package.version.canonical());
  return names;
}

std::string error_of(const std::string& text, ErrorKind kind) {
  try {
    installed(text);
  } catch (const Error& error) {
    CHECK(error.kind() == kind);
    return error.what();
  }
  return "no error";
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

LockInputs inputs(const std::vector<std::string>& requirements) {
  LockInputs result;
  for (const std::string& text : requirements) result.requirements.push_back(*Requirement::parse(text));
  return result;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("only what the requirements reach is installed") {
  const std::string text = lock_text(
      "{ name = 'a' }, { name = 'w', marker = \"sys_platform == 'win32'\" }",
      entry("a", "1.0",
            "dependencies = [{ name = 'b' }, { name = 'w', marker = \"sys_platform == 'win32'\" }]\n") +
          entry("b", "1.0", "dependencies = [{ name = 'a' }]\n") + entry("unused", "1.0") +
          entry("w", "1.0"));
  CHECK(installed(text) == Names{"a 1.0", "b 1.0"});
}

TEST_CASE("extras bring their dependencies, of a requirement and of a dependency") {
  const std::string text =
      lock_text("{ name = 'a', extras = ['fast'] }",
                entry("a", "1.0") +
                    "[package.optional-dependencies]\nfast = [{ name = 'b', extra = ['deep'] }]\nslow = [{ "
                    "name = 'd' }]\n" +
                    entry("b", "1.0") + "[package.optional-dependencies]\ndeep = [{ name = 'c' }]\n" +
                    entry("c", "1.0") + entry("d", "1.0"));
  CHECK(installed(text) == Names{"a 1.0", "b 1.0", "c 1.0"});
}

TEST_CASE("of several entries the fork of this environment counts, or the version that an edge names") {
  const std::string forks = entry("a", "1.0", "resolution-markers = [\"python_full_version < '3.10'\"]\n") +
                            entry("a", "2.0", "resolution-markers = [\"python_full_version >= '3.10'\"]\n");
  CHECK(installed(lock_text("{ name = 'a' }", forks)) == Names{"a 2.0"});
  const std::string edges =
      "dependencies = [\n { name = 'a', version = '1.0', marker = \"python_full_version < '3.10'\" },\n"
      " { name = 'a', version = '2.0', marker = \"python_full_version >= '3.10'\" },\n]\n";
  CHECK(installed(lock_text("{ name = 'b' }", forks + entry("b", "1.0", edges))) == Names{"a 2.0", "b 1.0"});
  const std::string same = entry("a", "1.0") + entry("a", "2.0");
  CHECK(has(error_of(lock_text("{ name = 'a' }", same), ErrorKind::invalid_input),
            "another entry for this environment"));
  CHECK(has(error_of(lock_text("{ name = 'a' }", ""), ErrorKind::invalid_input), "'a' has no entry"));
}

TEST_CASE("what would have to be built is an error that names the entry and its line") {
  const std::string git =
      "[[package]]\nname = 'a'\nversion = '1.0'\nsource = { git = 'https://x.invalid' }\n";
  CHECK(has(error_of(lock_text("{ name = 'a' }", git), ErrorKind::unsupported),
            "line 6: a 1.0: its git would have to be built"));
  CHECK(installed(lock_text("", git)).empty());
}

TEST_CASE("a direct wheel is taken from its source") {
  const std::string hash = "hash = 'sha256:" + std::string(64, 'a') + "'";
  const std::string path =
      "[[package]]\nname = 'a'\nversion = '1.0'\nsource = { path = 'w/a-1.0-py3-none-any.whl' }\n"
      "wheels = [{ filename = 'a-1.0-py3-none-any.whl', " +
      hash + " }]\n";
  const UvLock lock = parsed(lock_text("{ name = 'a', path = 'w/a-1.0-py3-none-any.whl' }", path));
  CHECK(lock.packages[0].package.archive->url == "/folder/w/a-1.0-py3-none-any.whl");
  CHECK(!difference(lock, inputs({"a @ file:///folder/w/a-1.0-py3-none-any.whl"})));
  CHECK(difference(lock, inputs({"a"})));
}

TEST_CASE("another version of the format and what only projects have are refused with the line") {
  CHECK(has(error_of("version = 2\n", ErrorKind::unsupported), "line 1, column 11: version 2 of the format"));
  CHECK(has(error_of("", ErrorKind::invalid_input), "'version' is missing"));
  CHECK(has(error_of("version = 1\nconflicts = []\n", ErrorKind::unsupported), "line 2"));
  CHECK(has(error_of("version = 1\n[manifest]\nmembers = ['a']\n", ErrorKind::unsupported),
            "it locks a project"));
  CHECK(installed("version = 1\nrevision = 99\n").empty());
}

TEST_CASE("a lock answers the block that it was made from, whatever the form and order") {
  const UvLock lock =
      parsed(lock_text("{ name = 'a', specifier = '>=1,<2' }, { name = 'b', extras = ['x'], marker = "
                       "\"python_full_version < '3.11'\" }",
                       ""));
  CHECK(!difference(lock, inputs({"B[X] ; python_version < '3.11'", "a <2, >=1"})));
  CHECK(has(*difference(lock, inputs({"a<2,>=1"})), "it has the requirement 'b[x]"));
  CHECK(has(*difference(lock, inputs({"a<2,>=1", "b[x]; python_version < '3.11'", "c"})),
            "the requirement 'c' is not in it"));
  CHECK(has(*difference(lock, inputs({"a<3,>=1", "b[x]; python_version < '3.11'"})), "the requirement 'a"));
  LockInputs asked = inputs({"a <2, >=1", "b[x] ; python_version < '3.11'"});
  asked.requires_python = *SpecifierSet::parse(">=3.9");
  CHECK(!difference(lock, asked));
  asked.requires_python = *SpecifierSet::parse(">=3.10");
  CHECK(has(*difference(lock, asked), "it is for Python >=3.9"));
  asked.requires_python.reset();
  asked.constraints = {*Requirement::parse("a<9")};
  CHECK(has(*difference(lock, asked), "the constraint 'a<9' is not in it"));
  asked.constraints.clear();
  asked.excludes = {"x"};
  CHECK(difference(lock, asked));
  asked.excludes.clear();
  asked.indexes = {{"a", "https://index.invalid/simple/"}};
  CHECK(difference(lock, asked));
}

TEST_CASE("a lock remembers the metadata that the settings stated") {
  const UvLock lock = parsed(lock_text(
      "{ name = 'a' }",
      "[[manifest.dependency-metadata]]\nname = 'a'\nversion = '1.0'\nrequires-python = '>=3.8, <4'\n"
      "requires-dist = [\"b>0.5,<2 ; python_full_version >= '3.9'\", \"x ; extra == 'f'\"]\n"
      "provides-extras = ['f']\n[[manifest.dependency-metadata]]\nname = 'b'\n"));
  const std::string a =
      "Name: A\nVersion: 1.0.0\nRequires-Python: <4, >=3.8\nRequires-Dist: x; extra == 'F'\n"
      "Requires-Dist: B <2, >0.5; python_version > '3.8'\nProvides-Extra: F\n";
  const auto is_answered = [&](const std::vector<std::string>& texts) {
    LockInputs asked = inputs({"a"});
    for (const std::string& text : texts) asked.static_metadata.push_back(StaticMetadata::parse(text));
    return !difference(lock, asked);
  };
  CHECK(is_answered({"Name: b\n", a}));
  CHECK_FALSE(is_answered({}));
  CHECK_FALSE(is_answered({a}));
  CHECK_FALSE(is_answered({a, "Name: b\nVersion: 1\n"}));
  CHECK_FALSE(is_answered({a, "Name: b\nRequires-Dist: c\n"}));
  CHECK_FALSE(is_answered({a, "Name: b\nRequires-Python: >=3\n"}));
  CHECK_FALSE(is_answered({a, "Name: b\nProvides-Extra: c\n"}));
  CHECK(has(error_of(lock_text("", "[[manifest.dependency-metadata]]\nname = 'a'\nversion = 'x y'\n"),
                     ErrorKind::invalid_input),
            "line 8"));
}
