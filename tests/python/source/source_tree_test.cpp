#include "python/source/source_tree.h"

#include <doctest/doctest.h>

using namespace envstore;

namespace {
using Kind = SourceTree::Kind;
using Path = std::vector<std::string>;
}  // namespace

TEST_CASE("the path of a member") {
  CHECK(member_path("a/b") == Path{"a", "b"});
  CHECK(member_path("/./a//b/.") == Path{"a", "b"});
  CHECK(member_path("") == Path{});
  CHECK(member_path("...") == Path{"..."});
  CHECK(member_path("a/..") == std::nullopt);
  std::string deep;
  for (int i = 0; i < 101; ++i) deep += "/a";
  CHECK(member_path(deep) == std::nullopt);
}

TEST_CASE("a link escapes if any step of it leaves the top folder") {
  SourceTree tree;
  tree.add("top", Kind::directory);
  tree.add("top/a", Kind::link, "b");
  tree.add("top/b", Kind::link, "a");
  tree.add("top/deep/c", Kind::link, "../x/../y");
  CHECK(tree.escaping_link() == std::nullopt);
  tree.add("top/deep/d", Kind::link, "../../top/a");
  CHECK(tree.escaping_link() == "top/deep/d");
}

TEST_CASE("very many steps of links are not taken") {
  SourceTree tree;
  std::string path;
  for (int i = 0; i < 2000; ++i) path += "./x/../";
  for (int i = 0; i < 4000; ++i) tree.add("top/" + std::to_string(i), Kind::link, path);
  CHECK(tree.escaping_link().has_value());
}
