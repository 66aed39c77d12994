#include "python/source/sdist.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>

#include "store/platform/error.h"
#include "store/process/child.h"
#include "store/process/child_output.h"
#include "tar_builder.h"
#include "temporary_directory.h"
#include "zip_builder.h"

using namespace envstore;

namespace {

const char* const kName = "demo-1.0.tar.gz";

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

/// A directory with an archive unpacked into it.
struct Unpacked {
  explicit Unpacked(const std::string& archive, const std::string& filename = kName,
                    const UnpackLimits& limits = {})
      : top(unpack_sdist(bytes_of(archive), filename, directory.fd(), limits)) {}
  std::string read(const std::string& path) const { return read_file(directory.fd(), path); }
  mode_t mode(const std::string& path) const {
    return stat_at(directory.fd(), path, Links::do_not_follow)->mode;
  }
  bool has(const std::string& path) const {
    return stat_at(directory.fd(), path, Links::do_not_follow).has_value();
  }

  TemporaryDirectory directory;
  std::string top;
};

/// The message of the Error{invalid_input}; beside the directory nothing was written.
std::string refusal(const std::string& archive, const std::string& filename = kName,
                    const UnpackLimits& limits = {}) {
  const TemporaryDirectory outer;
  make_directory(outer.fd(), "inside", 0700);
  create_file(outer.fd(), "secret", "untouched", 0600);
  const Fd inside = open_directory(outer.fd(), "inside");
  std::string message;
  try {
    unpack_sdist(bytes_of(archive), filename, inside.get(), limits);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::invalid_input);
    message = error.what();
  }
  CHECK(read_file(outer.fd(), "secret") == "untouched");
  CHECK(list_directory(outer.fd(), ".").size() == 2);
  return message;
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

/// What Python's tarfile makes of demo-1.0/PKG-INFO with the content `metadata`.
std::string packed_by_python(const std::string& mode) {
  const std::string script =
      "import io,sys,tarfile\n"
      "t=tarfile.open(fileobj=sys.stdout.buffer,mode='" +
      mode +
      "')\n"
      "i=tarfile.TarInfo('demo-1.0/PKG-INFO'); i.size=8; t.addfile(i,io.BytesIO(b'metadata'))\n"
      "i=tarfile.TarInfo('demo-1.0/\\u00e9\\u4e2d/'+'long'*60); i.size=3; t.addfile(i,io.BytesIO(b'abc'))\n"
      "t.close()\n";
  const Captured captured = capture(
      {.arguments = {"/usr/bin/python3", "-c", script}, .input = kNullDevice, .abandoned = Abandoned::kill},
      CapturedStreams::output, {});
  REQUIRE(succeeded(captured.status));
  return captured.output;
}

}  // namespace

TEST_CASE("an archive is unpacked, and its top folder is returned") {
  const Unpacked unpacked(TarBuilder()
                              .folder("demo-1.0")
                              .folder("demo-1.0/src/")
                              .file("demo-1.0/src/a.py", "a = 1\n")
                              .file("./demo-1.0//b/./c.sh", "#!/bin/sh\n", 0755)
                              .text());
  CHECK(unpacked.top == "demo-1.0");
  CHECK(unpacked.read("demo-1.0/src/a.py") == "a = 1\n");
  CHECK(unpacked.mode("demo-1.0/src/a.py") == 0100644);
  CHECK(unpacked.mode("demo-1.0/b/c.sh") == 0100755);
  CHECK(stat_at(unpacked.directory.fd(), "demo-1.0/src/a.py", Links::follow)->mtime_ns ==
        1'000'000'000'000'000'000);
}

TEST_CASE("every compression and long names are read") {
  for (const auto& [mode, name] : {std::pair{"w|gz", "demo-1.0.tar.gz"},
                                   {"w|gz", "demo-1.0.tgz"},
                                   {"w|bz2", "demo-1.0.tar.bz2"},
                                   {"w|xz", "demo-1.0.tar.xz"}}) {
    const std::string filename = name;
    CAPTURE(filename);
    const std::string archive = packed_by_python(mode);
    CHECK(is_source_archive(filename));
    const Unpacked unpacked(archive, filename);
    CHECK(unpacked.read("demo-1.0/PKG-INFO") == "metadata");
    std::string member = "demo-1.0/\u00e9\u4e2d/";
    for (int i = 0; i < 60; ++i) member += "long";
    CHECK(unpacked.read(member) == "abc");
    CHECK(read_pkg_info(bytes_of(archive), filename) == "metadata");
  }
  CHECK_FALSE(is_source_archive("demo-1.0-py3-none-any.whl"));
}

TEST_CASE("a ZIP archive is unpacked") {
  const std::string archive =
      zip::test::zip_of({{.name = "demo-1.0/setup.py", .content = "print()\n", .deflate = true},
                         {.name = "demo-1.0/configure", .content = "", .mode = 0100755},
                         {.name = "demo-1.0/PKG-INFO", .content = "metadata"}});
  const Unpacked unpacked(archive, "demo-1.0.ZIP");
  CHECK(unpacked.top == "demo-1.0");
  CHECK(unpacked.read("demo-1.0/setup.py") == "print()\n");
  CHECK(unpacked.mode("demo-1.0/configure") == 0100755);
  CHECK(read_pkg_info(bytes_of(archive), "demo-1.0.zip") == "metadata");
  CHECK(contains(refusal("PK", "demo-1.0.zip"), "cannot unpack 'demo-1.0.zip': "));
}

TEST_CASE("names that lead out of the archive are refused, slashes at the start are dropped") {
  for (const char* const name : {"../secret", "demo-1.0/../../secret", "demo-1.0/..", "..", "/../secret"}) {
    CAPTURE(name);
    const std::string message = refusal(TarBuilder().folder("demo-1.0").file(name, "x").text());
    CHECK(contains(message, "its name leads out of the archive"));
    CHECK(contains(message, "demo-1.0.tar.gz"));
    CHECK(contains(message, name));
  }
  CHECK(Unpacked(TarBuilder().file("//demo-1.0/a", "x").text()).read("demo-1.0/a") == "x");
}

TEST_CASE("links inside of the archive are made") {
  const Unpacked unpacked(TarBuilder()
                              .file("demo-1.0/a/file", "content")
                              .symbolic_link("demo-1.0/b/link", "../a/file")
                              .symbolic_link("demo-1.0/folder", "a")
                              .symbolic_link("demo-1.0/missing", "not/there")
                              .symbolic_link("demo-1.0/circle", "circle")
                              .hard_link("demo-1.0/b/hard", "demo-1.0/a/file")
                              .text());
  CHECK(read_link(unpacked.directory.fd(), "demo-1.0/b/link") == "../a/file");
  CHECK(unpacked.read("demo-1.0/b/hard") == "content");
  CHECK(unpacked.has("demo-1.0/missing"));
}

TEST_CASE("links that lead out are refused, also by way of another link") {
  const auto with = [](const std::string& target) {
    return TarBuilder().folder("demo-1.0/a/b").symbolic_link("demo-1.0/link", target).text();
  };
  CHECK(contains(refusal(with("/etc/passwd")), "a link to an absolute path"));
  CHECK(contains(refusal(with("../secret")), "leads out of the archive"));
  CHECK(contains(refusal(with("a/../../demo-1.0/../secret")), "leads out of the archive"));
  CHECK(contains(refusal(with("")), "demo-1.0/link"));
  // Each is inside by its letters alone.
  CHECK(contains(refusal(TarBuilder()
                             .folder("demo-1.0/a/b")
                             .symbolic_link("demo-1.0/a/b/up", "../..")
                             .symbolic_link("demo-1.0/out", "a/b/up/../secret")
                             .text()),
                 "'demo-1.0/out'"));
  // The order of the members does not matter.
  CHECK(contains(refusal(TarBuilder()
                             .symbolic_link("demo-1.0/out", "a/b/up/../secret")
                             .folder("demo-1.0/a/b")
                             .symbolic_link("demo-1.0/a/b/up", "../..")
                             .text()),
                 "'demo-1.0/out'"));
}

TEST_CASE("nothing is written through a link") {
  CHECK(contains(refusal(TarBuilder()
                             .folder("demo-1.0/a")
                             .symbolic_link("demo-1.0/link", "a")
                             .file("demo-1.0/link/file", "x")
                             .text()),
                 "it is a folder and something else"));
  CHECK(contains(
      refusal(TarBuilder().symbolic_link("demo-1.0/link", "../..").file("demo-1.0/link/secret", "x").text()),
      "it is a folder and something else"));
  // A file in place of the link, not of its target.
  const Unpacked unpacked(TarBuilder()
                              .file("demo-1.0/target", "old")
                              .symbolic_link("demo-1.0/link", "target")
                              .file("demo-1.0/link", "new")
                              .text());
  CHECK(unpacked.read("demo-1.0/target") == "old");
  CHECK(unpacked.mode("demo-1.0/link") == 0100644);
}

TEST_CASE("hard links to what is no earlier file of the archive are refused") {
  const auto with = [](const std::string& target) {
    return refusal(TarBuilder()
                       .folder("demo-1.0/folder")
                       .symbolic_link("demo-1.0/link", "later")
                       .hard_link("demo-1.0/hard", target)
                       .file("demo-1.0/later", "x")
                       .text());
  };
  for (const char* const target : {"/etc/passwd", "../secret", "secret", "demo-1.0/link", "demo-1.0/folder",
                                   "demo-1.0/later", "later", "demo-1.0/hard", ""}) {
    CAPTURE(target);
    CHECK(contains(with(target), "a link to what is no file of the archive"));
  }
}

TEST_CASE("a hard link to itself and one that replaces a file change no other file") {
  const Unpacked unpacked(TarBuilder()
                              .file("demo-1.0/a", "a")
                              .file("demo-1.0/b", "b")
                              .hard_link("demo-1.0/a", "demo-1.0/a")
                              .hard_link("demo-1.0/b", "demo-1.0/a")
                              .file("demo-1.0/b", "new")
                              .text());
  CHECK(unpacked.read("demo-1.0/a") == "a");
  CHECK(unpacked.read("demo-1.0/b") == "new");
}

TEST_CASE("devices and FIFOs are refused") {
  for (const char type : {'3', '4', '6'}) {
    CAPTURE(type);
    const std::string message =
        refusal(TarBuilder().folder("demo-1.0").header({.name = "demo-1.0/node", .type = type}).text());
    CHECK(contains(message, "neither file, folder nor link"));
  }
}

TEST_CASE("modes: no setuid, no writing for others, always readable and writable for the owner") {
  const Unpacked unpacked(TarBuilder()
                              .folder("demo-1.0", 0)
                              .folder("demo-1.0/closed", 0)
                              .file("demo-1.0/closed/setuid", "x", 06777)
                              .file("demo-1.0/closed/nothing", "x", 0)
                              .file("demo-1.0/closed/odd", "x", 0011)
                              .text());
  CHECK(unpacked.mode("demo-1.0/closed") == 0040755);
  CHECK(unpacked.mode("demo-1.0/closed/setuid") == 0100755);
  CHECK(unpacked.mode("demo-1.0/closed/nothing") == 0100600);
  CHECK(unpacked.mode("demo-1.0/closed/odd") == 0100600);
}

TEST_CASE("modes do not depend on the umask") {
  const TemporaryDirectory directory;
  const std::string archive = TarBuilder().file("demo-1.0/a/b", "x").text();
  const mode_t before = umask(0777);
  CHECK_NOTHROW(unpack_sdist(bytes_of(archive), kName, directory.fd()));
  umask(before);
  const auto mode = [&](const std::string& path) {
    return stat_at(directory.fd(), path, Links::do_not_follow)->mode;
  };
  CHECK(mode("demo-1.0/a") == 0040755);
  CHECK(mode("demo-1.0/a/b") == 0100644);
}

TEST_CASE("a name is either a file or a folder") {
  const std::string message = "it is a folder and something else";
  CHECK(contains(refusal(TarBuilder().file("demo-1.0/a", "x").file("demo-1.0/a/b", "x").text()), message));
  CHECK(contains(refusal(TarBuilder().file("demo-1.0/a/b", "x").file("demo-1.0/a", "x").text()), message));
  CHECK(contains(refusal(TarBuilder().file("demo-1.0/a", "x").folder("demo-1.0/a").text()), message));
  CHECK(
      contains(refusal(TarBuilder().folder("demo-1.0/a").symbolic_link("demo-1.0/a", "b").text()), message));
  CHECK(Unpacked(TarBuilder().file("demo-1.0/a", "x").file("demo-1.0/a", "y").text()).read("demo-1.0/a") ==
        "y");
}

TEST_CASE("there is one top folder") {
  CHECK(contains(refusal(TarBuilder().file("demo-1.0/a", "x").file("other/a", "x").text()),
                 "outside of 'demo-1.0'"));
  CHECK(contains(refusal(TarBuilder().file("demo-1.0", "x").text()), "beside the top folder"));
  CHECK(contains(refusal(TarBuilder().text()), "it holds no source tree"));
  const Unpacked unpacked(
      TarBuilder().file("pax_global_header", "x").file("._demo-1.0", "x").file("demo-1.0/a", "x").text());
  CHECK(list_directory(unpacked.directory.fd(), ".").size() == 1);
}

TEST_CASE("names of any bytes are only names") {
  for (const std::string name :
       {"demo-1.0/a\nb", "demo-1.0/\xff\xfe", "demo-1.0/\x1b[31m", "demo-1.0/a\\b"}) {
    CAPTURE(name);
    CHECK(Unpacked(TarBuilder().file(name, "x").text()).read(name) == "x");
  }
  // What a name begins with ends at a NUL, as in every header of tar.
  const Unpacked unpacked(
      TarBuilder().pax("path", std::string("demo-1.0/a\0/../../b", 19)).file("y", "x").text());
  CHECK(unpacked.read("demo-1.0/a") == "x");
  const std::string message = refusal(TarBuilder().file("demo-1.0/a\n\x1b[31m/../..", "x").text());
  CHECK(message.find_first_of("\n\x1b") == std::string::npos);
}

TEST_CASE("names that no file system has are refused") {
  const std::string long_name(300, 'a');
  CHECK(contains(refusal(TarBuilder().pax("path", "demo-1.0/" + long_name).file("x", "x").text()),
                 "File name too long"));
  std::string deep = "demo-1.0";
  for (int i = 0; i < 5000; ++i) deep += "/a";
  CHECK_FALSE(refusal(TarBuilder().pax("path", deep).file("x", "x").text()).empty());
}

TEST_CASE("sizes and numbers are bounded") {
  const UnpackLimits limits{.bytes = 1000, .members = 10};
  const std::string at_limit = TarBuilder().file("demo-1.0/a", std::string(1000, 'x')).text();
  CHECK(Unpacked(at_limit, kName, limits).read("demo-1.0/a").size() == 1000);
  CHECK(
      contains(refusal(TarBuilder().file("demo-1.0/a", std::string(999, 'x')).file("demo-1.0/b", "xx").text(),
                       kName, limits),
               "'demo-1.0/b' of 'demo-1.0.tar.gz': it is too large"));
  TarBuilder many;
  for (int i = 0; i < 11; ++i) many.file("demo-1.0/" + std::to_string(i), "");
  CHECK(contains(refusal(many.text(), kName, limits), "too many members"));
  CHECK(contains(refusal(TarBuilder().file("demo-1.0/a/b/c/d/e/f/g/h/i/j/k", "").text(), kName, limits),
                 "too many members"));
}

TEST_CASE("a sparse file counts with its whole size") {
  // GNU sparse format 1.0 in pax headers: one byte of data in 4 TiB.
  const std::string map = "1\n0\n1\n";
  const auto record = [](const std::string& key, const std::string& value) {
    const std::string rest = " " + key + "=" + value + "\n";
    return std::to_string(rest.size() + 2) + rest;
  };
  const std::string records = record("GNU.sparse.major", "1") + record("GNU.sparse.minor", "0") +
                              record("GNU.sparse.name", "demo-1.0/huge") +
                              record("GNU.sparse.realsize", "4398046511104");
  TarBuilder sparse;
  sparse.folder("demo-1.0");
  sparse.header({.name = "pax", .type = 'x', .size = records.size()}).bytes(records);
  sparse.header({.name = "demo-1.0/GNUSparseFile.0/huge", .size = 513}).bytes(map).bytes("x");
  CHECK(contains(refusal(sparse.text()), "'demo-1.0/huge' of 'demo-1.0.tar.gz': it is too large"));
}

TEST_CASE("archives that lie or end early are refused at every length") {
  const std::string archive =
      TarBuilder().folder("demo-1.0").file("demo-1.0/a", std::string(700, 'x')).unfinished();
  for (std::size_t length = 0; length < archive.size(); length += 37) {
    CAPTURE(length);
    const std::string message = refusal(archive.substr(0, length));
    // The folder alone is a whole archive, which only lacks its end.
    if (length != 512) CHECK(contains(message, "cannot unpack"));
  }
  CHECK_FALSE(refusal(TarBuilder().header({.name = "demo-1.0/a", .size = 077777777777}).text()).empty());
  CHECK_FALSE(refusal(std::string(4096, 'x')).empty());
}

TEST_CASE("PKG-INFO is that of the top folder") {
  const auto of = [](const std::string& archive) { return read_pkg_info(bytes_of(archive), kName); };
  CHECK(of(TarBuilder()
               .file("demo-1.0/src/demo.egg-info/PKG-INFO", "other")
               .file("demo-1.0/PKG-INFO", "right")
               .text()) == "right");
  CHECK(of(TarBuilder().file("demo-1.0/setup.py", "").text()) == std::nullopt);
  CHECK(of(TarBuilder().symbolic_link("demo-1.0/PKG-INFO", "/etc/passwd").text()) == std::nullopt);
  CHECK_THROWS_AS(of(std::string(600, 'x')), Error);
}

TEST_CASE("metadata is static if no field that the resolver needs is dynamic (PEP 643)") {
  const auto is_static_text = [](const std::string& rest) {
    return is_static(pypackaging::CoreMetadata::parse(rest + "Name: demo\nVersion: 1.0\n"));
  };
  CHECK(is_static_text("Metadata-Version: 2.2\n"));
  CHECK(is_static_text("Metadata-Version: 2.4\nDynamic: License\nDynamic: Description\n"));
  CHECK_FALSE(is_static_text("Metadata-Version: 2.1\n"));
  CHECK_FALSE(is_static_text(""));
  for (const char* const field : {"Requires-Dist", "requires-python", "Provides-Extra", "Version"}) {
    CAPTURE(field);
    CHECK_FALSE(
        is_static_text(std::string("Metadata-Version: 2.2\nDynamic: License\nDynamic: ") + field + "\n"));
  }
  CHECK_FALSE(is_static_text("Metadata-Version: 2.2\nRequires-Dist: ???\n"));
}
