#include "python/index/wheel_blob_source.h"

#include <doctest/doctest.h>

using namespace envstore;
using Names = std::vector<std::string>;

TEST_CASE("a file of site-packages is a member of that name, or of a scheme of the .data directory") {
  CHECK(member_names("site/a/b.py", "") == Names{"a/b.py"});
  CHECK(member_names("site/a/b.py", "a-1.data") ==
        Names{"a/b.py", "a-1.data/purelib/a/b.py", "a-1.data/platlib/a/b.py"});
}

TEST_CASE("files outside of site-packages come from the .data directory alone") {
  CHECK(member_names("bin/tool", "") == Names{});
  CHECK(member_names("bin/tool", "a-1.data") == Names{"a-1.data/scripts/tool", "a-1.data/data/bin/tool"});
  CHECK(member_names("include/a/x.h", "a-1.data") == Names{"a-1.data/headers/x.h"});
}

TEST_CASE("a file of the prefix is data; lib64 of a wheel is lib") {
  CHECK(member_names("data/share/man/x.1", "a-1.data") == Names{"a-1.data/data/share/man/x.1"});
  CHECK(member_names("data/lib/x.so", "a-1.data") ==
        Names{"a-1.data/data/lib/x.so", "a-1.data/data/lib64/x.so"});
}
