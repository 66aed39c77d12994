#include "python/bytecode/pyc.h"

#include <doctest/doctest.h>

#include "store/platform/digest.h"

using namespace envstore;
using Kind = DerivedFiles::Origin::Kind;

namespace {

// importlib.util.source_hash of 3.11 (SipHash-1-3), magic number 3495
constexpr std::uint32_t kMagic = 0x0a0d0da7;

std::string pyc(const std::string& flags, const std::string& rest) {
  return "\xa7\x0d\r\n" + flags + rest;
}

const std::string kTimed(4, '\0'), kUnchecked("\1\0\0\0", 4), kChecked("\3\0\0\0", 4);

}  // namespace

TEST_CASE("the source of a compiled module follows from its name") {
  const PycFiles files;
  CHECK(files.source_of("six.cpython-311.pyc") == "six");
  CHECK(files.source_of("six.cpython-311.opt-1.pyc") == "six");
  CHECK(files.source_of("a.b.cpython-311.pyc") == "a.b");
  CHECK(files.source_of(pyc_name("site/six.py", "cpython-311")) == "six");
  for (const char* const name : {"six.pyc", "six.py", "six.cpython-311.pyc.1", ".pyc", ""})
    CHECK_MESSAGE(!files.source_of(name), name);
}

TEST_CASE("files that a compiler is still writing are recognised by their names") {
  const PycFiles files;
  CHECK(files.is_unfinished("six.cpython-311.pyc.140737"));
  CHECK(files.is_unfinished(".six.part"));
  for (const char* const name :
       {"six.cpython-311.pyc", "six.cpython-311.pyc.", "six.cpython-311.pyc.x", "six.part"})
    CHECK_MESSAGE(!files.is_unfinished(name), name);
}

TEST_CASE("the header names the source that a module was compiled from") {
  const PycFiles files;
  const std::string rest = std::string("\1\2\3\4\5\6\7\x08", 8) + "code";
  const auto hashed = files.origin_of(as_bytes(pyc(kUnchecked, rest)));
  REQUIRE(hashed);
  CHECK(hashed->kind == Kind::hashed);
  CHECK(hashed->maker == kMagic);
  CHECK(hashed->source_hash == 0x0807060504030201);
  const auto timed = files.origin_of(as_bytes(pyc(kTimed, rest)));
  REQUIRE(timed);
  CHECK(timed->kind == Kind::stamped);
  CHECK(timed->source_mtime == 0x04030201);
  CHECK(timed->source_size == 0x08070605);
  CHECK(files.origin_of(as_bytes(pyc(kChecked, rest)))->kind == Kind::other);
}

TEST_CASE("a header that is cut short is none") {
  const PycFiles files;
  const std::string whole = pyc(kUnchecked, std::string(8, 'h'));
  CHECK(files.origin_of(as_bytes(whole)));
  for (std::size_t size = 0; size < whole.size(); ++size)
    CHECK_FALSE(files.origin_of(as_bytes(std::string_view(whole).substr(0, size))));
}

TEST_CASE("hashes of sources are those of CPython") {
  const PycFiles files;
  CHECK(files.is_hash(0x737fe8d5d59c8d73, kMagic, as_bytes("")));
  CHECK(files.is_hash(0x627751414a49727c, kMagic, as_bytes("print('hello, world')\n")));
  CHECK_FALSE(files.is_hash(0x627751414a49727c, kMagic, as_bytes("print('hello, World')\n")));
  CHECK_FALSE(files.is_hash(0x627751414a49727c, kMagic + 1, as_bytes("print('hello, world')\n")));
}
