#include "python/index/flat_files.h"

#include <doctest/doctest.h>

#include "python/network/url.h"
#include "store/platform/error.h"
#include "tests/store/temporary_directory.h"

using namespace envstore;
using Names = std::vector<std::string>;

namespace {

SimplePage page_of(const Names& names) {
  SimplePage page;
  for (const std::string& name : names) {
    IndexFile& file = page.files.emplace_back();
    file.filename = name;
    file.url = "file:///d/" + name;
  }
  return page;
}

Names names_of(const std::vector<IndexFile>& files) {
  Names names;
  for (const IndexFile& file : files) names.push_back(file.filename);
  return names;
}

}  // namespace

TEST_CASE("files are found by the normalised name of their project") {
  const FlatFiles files(page_of({"Zope_Interface-1.0-py3-none-any.whl", "zope.interface-1.0.tar.gz"}));
  CHECK(names_of(files.files_of("zope-interface")) ==
        Names{"Zope_Interface-1.0-py3-none-any.whl", "zope.interface-1.0.tar.gz"});
  CHECK(files.files_of("zope").empty());
}

TEST_CASE("an sdist belongs to the project whose name ends where a version begins") {
  const FlatFiles files(page_of({"numpy-1.0.tar.gz", "numpy-stubs-1.0.tar.gz", "numpy-v2.zip"}));
  CHECK(names_of(files.files_of("numpy")) == Names{"numpy-1.0.tar.gz", "numpy-v2.zip"});
  CHECK(names_of(files.files_of("numpy-stubs")) == Names{"numpy-stubs-1.0.tar.gz"});
  CHECK(files.files_of("num").empty());
}

TEST_CASE("a folder is a page of the distributions in it, sorted by name") {
  const TemporaryDirectory folder;
  for (const char* name : {"b-1.0-py3-none-any.whl", "a-1.0.tar.gz", "notes.txt", ".hidden-1.whl"})
    folder.write(name, "x");
  const SimplePage page = list_folder(folder.path());
  CHECK(names_of(page.files) == Names{"a-1.0.tar.gz", "b-1.0-py3-none-any.whl"});
  CHECK(page.files[0].url == file_url(folder.path() + "/a-1.0.tar.gz"));
  CHECK(list_folder(folder.path() + "/") == page);
  CHECK_THROWS_AS(list_folder(folder.path() + "/absent"), Error);
}

TEST_CASE("the index.html of a folder has priority for the page of one project, not for find-links") {
  const TemporaryDirectory folder;
  folder.write("a-1.0.tar.gz", "x");
  CHECK(names_of(read_local_page(folder.path(), Folder::project)->files) == Names{"a-1.0.tar.gz"});
  const std::string page = folder.write("index.html", "<a href='other/a-2.0.tar.gz'>a-2.0.tar.gz</a>");
  CHECK(names_of(read_local_page(folder.path(), Folder::project)->files) == Names{"a-2.0.tar.gz"});
  CHECK(names_of(read_local_page(folder.path(), Folder::flat)->files) == Names{"a-1.0.tar.gz"});
  CHECK(read_local_page(page, Folder::flat)->files.at(0).url ==
        file_url(folder.path() + "/other/a-2.0.tar.gz"));
  CHECK_FALSE(read_local_page(folder.path() + "/absent", Folder::flat));
}
