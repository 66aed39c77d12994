#include "python/lock/pylock.h"

#include <doctest/doctest.h>

#include "store/platform/error.h"

using namespace envstore;
using pypackaging::Marker;
using pypackaging::SpecifierSet;
using pypackaging::Version;

namespace {

const std::string kDigest(64, 'a');

IndexFile a_file(const std::string& name) {
  IndexFile file;
  file.filename = name;
  file.url = "https://files.invalid/x/" + name;
  file.hashes = {{"sha256", kDigest}};
  return file;
}

PylockPackage a_package(const std::string& name, const std::string& version) {
  PylockPackage package;
  package.name = name;
  package.version = *Version::parse(version);
  package.wheels = {a_file(name + "-" + version + "-py3-none-any.whl")};
  return package;
}

Pylock a_lock() {
  Pylock lock;
  lock.environments = {*Marker::parse("sys_platform == 'linux'")};
  lock.requires_python = *SpecifierSet::parse(">=3.11");
  lock.created_by = "envstore";
  lock.extras = {"fast"};
  lock.dependency_groups = {"docs", "test"};
  PylockPackage demo = a_package("demo", "1.0");
  demo.requires_python = *SpecifierSet::parse(">=3.8");
  demo.dependencies = {"other", "third"};
  demo.index = "https://index.invalid/simple";
  demo.sdist = a_file("demo-1.0.tar.gz");
  demo.wheels.push_back(a_file("demo-1.0-1-py3-none-any.whl"));
  demo.wheels[0].size = 12;
  demo.wheels[0].upload_time_ns = 1'738'401'010'164'985'000;
  lock.packages = {demo, a_package("other", "2.0")};
  lock.packages[1].marker = *Marker::parse("'group' in dependency_groups");
  return lock;
}

ParsedPylock parsed(const std::string& text) {
  return parse_pylock(text, "/folder/pylock.toml");
}

/// A lock with one package, whose entry has these lines.
std::string with_entry(const std::string& lines) {
  return "lock-version = '1.0'\ncreated-by = 'x'\n[[packages]]\nname = 'demo'\n" + lines;
}

std::string error_of(const std::string& text, ErrorKind kind = ErrorKind::invalid_input) {
  try {
    parsed(text);
  } catch (const Error& error) {
    CHECK(error.kind() == kind);
    return error.what();
  }
  return "no error";
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a lock has one of the names of the specification") {
  for (const char* name : {"pylock.toml", "pylock.dev.toml", "pylock.a-b.toml"}) CHECK(is_pylock_name(name));
  for (const char* name : {"", "pylock", "pylock..toml", "pylock.a.b.toml", "Pylock.toml", "xpylock.toml",
                           "pylock.toml.bak", "uv.lock", "pylocktoml"})
    CHECK_FALSE(is_pylock_name(name));
}

TEST_CASE("what is written reads as the same lock, and writes the same text") {
  const std::string text = write_pylock(a_lock());
  CHECK(parsed(text).pylock == a_lock());
  CHECK(parsed(text).warnings.empty());
  CHECK(write_pylock(parsed(text).pylock) == text);
  Pylock empty;
  empty.created_by = "envstore";
  CHECK(parsed(write_pylock(empty)).pylock == empty);
}

TEST_CASE("the text has the layout of other tools") {
  const std::string text = write_pylock(a_lock());
  CHECK(
      text.starts_with("lock-version = \"1.0\"\nenvironments = [\"sys_platform == 'linux'\"]\n"
                       "requires-python = \">=3.11\"\nextras = [\"fast\"]\ndependency-groups = [\n    "
                       "\"docs\",\n    \"test\",\n]\n"
                       "created-by = \"envstore\"\n\n[[packages]]\nname = \"demo\"\n"));
  CHECK(has(text, "dependencies = [\n    { name = \"other\" },\n    { name = \"third\" },\n]\n"));
  CHECK(has(text, "upload-time = 2025-02-01T09:10:10.164985Z, size = 12, hashes = { sha256 = \"" + kDigest +
                      "\" }"));
  CHECK(has(text, "sdist = { url = \"https://files.invalid/x/demo-1.0.tar.gz\", hashes"));
}

TEST_CASE("a file name is written only if its address does not end with it") {
  Pylock lock = a_lock();
  lock.packages[1].wheels[0].url = "https://files.invalid/x/OTHER-2.0-py3-none-any.whl?a=b";
  const std::string text = write_pylock(lock);
  CHECK(has(text, "wheels = [{ name = \"other-2.0-py3-none-any.whl\", url = "));
  CHECK_FALSE(has(text, "name = \"demo-1.0"));
  CHECK(parsed(text).pylock == lock);
}

TEST_CASE("credentials are not written") {
  Pylock lock = a_lock();
  lock.packages[0].index = "https://user:secret@index.invalid/simple";
  lock.packages[0].wheels[0].url = "https://user:secret@files.invalid/demo-1.0-py3-none-any.whl?token=hidden";
  const std::string text = write_pylock(lock);
  for (const char* secret : {"user", "secret", "hidden"}) CHECK_FALSE(has(text, secret));
}

TEST_CASE("hostile text of a package index stays inside its string") {
  Pylock lock = a_lock();
  for (const std::string part :
       {"\"", "\\", "\n", "'", "\x1b[2J", "\x7f", "\xc2\x9b", "\xe2\x80\xae", "\"}]\nx = 1 #"}) {
    lock.packages[0].index = "https://index.invalid/" + part;
    CHECK(parsed(write_pylock(lock)).pylock == lock);
  }
  lock.packages[0].index = "https://index.invalid/\xff";
  CHECK(parsed(write_pylock(lock)).pylock.packages[0].index == "https://index.invalid/\xef\xbf\xbd");
  CHECK(has(write_pylock(lock), "\\ufffd"));
}

TEST_CASE("a path is relative to the lock, and has priority over an address") {
  const auto lock =
      parsed(with_entry("wheels = [{ path = 'w/demo-1.0-py3-none-any.whl', url = 'https://x.invalid/y', "
                        "hashes = { sha256 = '" +
                        kDigest + "' } }]\n"))
          .pylock;
  CHECK(lock.packages[0].wheels[0].url == "/folder/w/demo-1.0-py3-none-any.whl");
  CHECK(lock.packages[0].wheels[0].filename == "demo-1.0-py3-none-any.whl");
  CHECK(lock.packages[0].line == 3);
}

TEST_CASE("a version of the format that is not known is refused, a newer minor one is read with a warning") {
  const auto with_version = [](const std::string& version) {
    return "lock-version = '" + version + "'\ncreated-by = 'x'\npackages = []\nnovel = 1\n";
  };
  CHECK(parsed(with_version("1.0")).warnings.empty());
  CHECK(has(parsed(with_version("1.1")).warnings.at(0), "line 4 of '/folder/pylock.toml': 'novel'"));
  CHECK(has(error_of(with_version("2.0"), ErrorKind::unsupported), "line 1, column 16: lock-version 2.0"));
  CHECK(has(error_of(with_version("x")), "no version"));
}

TEST_CASE("a violation of the specification is reported with its line and column") {
  const std::string wheel = "url = 'https://x.invalid/demo-1.0-py3-none-any.whl'";
  const std::string hashes = "hashes = { sha256 = '" + kDigest + "' }";
  const std::pair<std::string, std::string> cases[] = {
      {"created-by = 'x'\npackages = []", "line 1, column 1: 'lock-version' is missing"},
      {"lock-version = '1.0'\npackages = []", "'created-by' is missing"},
      {"lock-version = '1.0'\ncreated-by = 'x'", "'packages' is missing"},
      {"lock-version = '1.0'\ncreated-by = 'x'\npackages = 7",
       "line 3, column 12: 'packages' must be an array"},
      {"lock-version = 1.0\n", "line 1, column 16: a text is expected"},
      {"lock-version = '1.0'\nenvironments = ['nonsense']", "line 2, column 17"},
      {with_entry("version = 'x'"), "line 5, column 11"},
      {with_entry("marker = 'x =='"), "line 5, column 10"},
      {with_entry("requires-python = '3'"), "line 5, column 19"},
      {with_entry("wheels = [{ " + wheel + " }]"), "line 5, column 11: 'hashes' is missing"},
      {with_entry("wheels = [{ " + wheel + ", hashes = {} }]"), "a file must have a hash"},
      {with_entry("wheels = [{ " + wheel + ", hashes = { sha256 = 'aa' } }]"), "this is no sha256"},
      {with_entry("wheels = [{ " + hashes + " }]"), "neither a path nor a url"},
      {with_entry("wheels = [{ url = 'ftp://x.invalid/demo-1.0-py3-none-any.whl', " + hashes + " }]"),
       "none of http"},
      {with_entry("wheels = [{ url = 'https://x.invalid/demo.zip', " + hashes + " }]"), "is no wheel"},
      {with_entry("wheels = [{ url = 'https://x.invalid/evil-1.0-py3-none-any.whl', " + hashes + " }]"),
       "is not of demo"},
      {with_entry("version = '2'\nwheels = [{ " + wheel + ", " + hashes + " }]"), "is not of demo 2"},
      {with_entry("wheels = [{ " + wheel + ", size = -1, " + hashes + " }]"), "a size is expected"},
      {with_entry("wheels = [{ " + wheel + ", upload-time = 'x', " + hashes + " }]"),
       "a date and time is expected"},
      {with_entry("wheels = [{ " + wheel + ", " + hashes + " }]\nvcs = { type = 'git' }"),
       "has both vcs and wheels"},
      {with_entry("archive = { " + wheel + ", " + hashes + " }\ndirectory = { path = '.' }"),
       "both directory and archive"},
  };
  for (const auto& [text, expected] : cases) {
    const std::string error = error_of(text);
    CHECK_MESSAGE(error.starts_with("cannot read '/folder/pylock.toml': line "), error);
    CHECK_MESSAGE(has(error, expected), error);
  }
}

TEST_CASE("a lock that is cut off is an error or a shorter lock, never a crash") {
  const std::string text = write_pylock(a_lock());
  for (std::size_t length = 0; length < text.size(); ++length) {
    try {
      const Pylock shorter = parsed(text.substr(0, length)).pylock;
      CHECK(shorter.packages.size() <= 2);
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::invalid_input);
    }
  }
}
