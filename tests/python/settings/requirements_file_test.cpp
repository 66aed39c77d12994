#include "python/settings/requirements_file.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>

#include "store/platform/error.h"
#include "store/platform/files.h"
#include "tests/store/temporary_directory.h"

using namespace envstore;

namespace {

std::vector<std::string> texts(const std::vector<pypackaging::Requirement>& requirements) {
  std::vector<std::string> result;
  for (const auto& requirement : requirements) result.push_back(requirement.canonical());
  return result;
}

RequirementsFile read(const std::string& content) {
  const TemporaryDirectory folder;
  return read_requirements_file(folder.write("requirements.txt", content));
}

std::string failure(const std::string& content) {
  try {
    read(content);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("comments, empty lines and continuation lines are read as pip reads them") {
  const auto file = read("# head\n\nnumpy >= 2 # why\nrequests \\\n  < 3\r\n");
  CHECK(file.requirements.size() == 2);
  CHECK(texts(file.requirements)[0] == "numpy>=2");
  CHECK(texts(file.requirements)[1] == "requests<3");
}

TEST_CASE("a comment that ends in a backslash does not swallow the next line") {
  CHECK(texts(read("# note \\\nnumpy\n").requirements) == std::vector<std::string>{"numpy"});
}

TEST_CASE("other files are included relative to the file that names them, and each is read once") {
  const TemporaryDirectory folder;
  folder.write("base.txt", "numpy\n-r all.txt\n");
  folder.write("limits.txt", "numpy<3\n");
  const auto file = read_requirements_file(folder.write("all.txt", "-r base.txt\n-c limits.txt\nflask\n"));
  CHECK(texts(file.requirements) == std::vector<std::string>{"numpy", "flask"});
  CHECK(texts(file.constraints) == std::vector<std::string>{"numpy<3"});
  CHECK(file.files.size() == 3);
}

TEST_CASE("hashes are gathered by normalised name") {
  const std::string a(64, 'a'), b(64, 'B');
  const auto file = read("Zope.Interface==1 --hash=sha256:" + a + " \\\n --hash sha256:" + b + "\n");
  CHECK(file.hashes.of("zope-interface") == FileDigests{{"sha256", a}, {"sha256", std::string(64, 'b')}});
  CHECK(!file.hashes.for_all);
  CHECK(file.hashes.are_required());
  CHECK(!read("numpy\n").hashes.are_required());
  CHECK(read("--require-hashes\nnumpy\n").hashes.for_all);
}

TEST_CASE("a demanded hash may be of any strong algorithm, and one that cannot be checked is an error") {
  for (const HashAlgorithm& algorithm : kHashAlgorithms) {
    const std::string hash = std::string(algorithm.name) + ":" + std::string(algorithm.digits, 'a');
    if (algorithm.is_strong)
      CHECK(read("demo==1 --hash=" + hash + "\n").hashes.of("demo").size() == 1);
    else
      CHECK(failure("demo==1 --hash=" + hash + "\n").find("proves nothing") != std::string::npos);
  }
  for (const std::string& bad :
       {"sha999:" + std::string(64, 'a'), "sha256:" + std::string(63, 'a'), "sha256:" + std::string(64, 'g'),
        std::string(64, 'a'), std::string("sha256:"), "shake_128:" + std::string(64, 'a')})
    CHECK(failure("demo==1 --hash=" + bad + "\n").find("cannot be checked") != std::string::npos);
}

TEST_CASE("index options and prereleases are taken over") {
  const auto file = read(
      "--index-url https://a.invalid/simple\n--extra-index-url=https://b.invalid/simple\n-f "
      "wheels\n--pre\n--no-index\n");
  REQUIRE(file.default_index.has_value());
  CHECK(file.default_index->url == "https://a.invalid/simple");
  CHECK(file.extra_indexes.at(0).url == "https://b.invalid/simple");
  CHECK(file.find_links.at(0).is_find_links);
  CHECK(file.find_links.at(0).url.ends_with("/wheels"));
  CHECK(file.find_links.at(0).url.starts_with("/"));
  CHECK(file.allow_prereleases);
  CHECK(file.no_index);
}

TEST_CASE("a variable is put in where it is set and left where it is not") {
  setenv("ENVSTORE_TEST_NAME", "numpy", 1);
  CHECK(texts(read("${ENVSTORE_TEST_NAME}>=1\n").requirements) == std::vector<std::string>{"numpy>=1"});
  CHECK(failure("${ENVSTORE_TEST_NOT_SET}\n") != "");
}

TEST_CASE("each variable that was looked at is named once, set or not") {
  setenv("ENVSTORE_TEST_NAME", "numpy", 1);
  const auto file = read(
      "${ENVSTORE_TEST_NAME}>=1\n${ENVSTORE_TEST_NAME}<9\n--index-url https://a.invalid/${ENVSTORE_NO}\n");
  CHECK(file.variables == std::vector<std::string>{"ENVSTORE_NO", "ENVSTORE_TEST_NAME"});
  CHECK(read("numpy # ${COMMENT}\n--find-links ./${lower}/$PLAIN\n").variables.empty());
}

TEST_CASE("what cannot be read is named with its line") {
  CHECK(failure("numpy\n\n===bad\n").find("line 3") != std::string::npos);
  CHECK(failure("--frobnicate\n").find("'--frobnicate' is not known") != std::string::npos);
  CHECK(failure("-r\n").find("needs a value") != std::string::npos);
  CHECK(failure("a\n--index-url https://me:s3cret/word@host/\n").find("line 2") != std::string::npos);
  CHECK(failure("--index-url https://me:s3cret/word@host/\n").find("s3cret") == std::string::npos);
  CHECK(failure("-e .\n").find("editable") != std::string::npos);
}

TEST_CASE("a wheel's path or address is a direct reference to the project in its name") {
  const auto local = parse_user_requirement("./dist/My_Demo-1.0-py3-none-any.whl", "/folder");
  CHECK(local.normalized_name == "my-demo");
  CHECK(local.url == "file:///folder/dist/My_Demo-1.0-py3-none-any.whl");
  const auto remote = parse_user_requirement("https://x.invalid/demo-1.0-py3-none-any.whl", "/folder");
  CHECK(remote.url == "https://x.invalid/demo-1.0-py3-none-any.whl");
  CHECK_THROWS_AS((void)parse_user_requirement("./folder", "/folder"), Error);
}

TEST_CASE(
    "what a fetched file includes is fetched relative to it, with its credentials on the same origin alone") {
  std::vector<std::string> fetched;
  const auto fetch = [&](const std::string& url) -> std::string {
    fetched.push_back(url);
    return url.ends_with("/all.txt") ? "-r ../more.txt\n-c //127.0.0.1:2/limits.txt\n" : "";
  };
  CHECK(read_requirements_file("http://me:secret@127.0.0.1:1/sub/all.txt", fetch).is_fetched);
  CHECK(fetched == std::vector<std::string>{"http://me:secret@127.0.0.1:1/sub/all.txt",
                                            "http://me:secret@127.0.0.1:1/more.txt",
                                            "http://127.0.0.1:2/limits.txt"});
}

TEST_CASE("a path that contains :// is no address") {
  CHECK(failure("-r /nowhere/a https://host/x\n").find("/nowhere/a https:") != std::string::npos);
}

TEST_CASE("an address is an error where nothing is fetched, and its password is not printed") {
  try {
    read_requirements_file("http://me:secret@127.0.0.1:1/all.txt");
    FAIL("it was read");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::unsupported);
    CHECK(std::string(error.what()).find("secret") == std::string::npos);
  }
}
