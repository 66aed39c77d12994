#include "store/platform/text_encoding.h"

#include <doctest/doctest.h>

#include "store/platform/error.h"

using namespace envstore;
using namespace std::string_literals;

namespace {

std::string reason_of(const std::string& bytes) {
  try {
    decode_text(bytes, "a.txt");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::invalid_input);
    return error.what();
  }
  return "accepted";
}

std::string utf16(const std::u16string& text, bool is_big_endian) {
  std::string bytes;
  for (const char16_t unit : u"\ufeff" + text) {
    const char high = static_cast<char>(unit >> 8), low = static_cast<char>(unit & 0xff);
    bytes += is_big_endian ? high : low;
    bytes += is_big_endian ? low : high;
  }
  return bytes;
}

}  // namespace

TEST_CASE("a text is UTF-8 with and without a byte order mark") {
  CHECK(decode_text("caf\xc3\xa9\r\n", "a") == "caf\xc3\xa9\r\n");
  CHECK(decode_text("\xef\xbb\xbf"
                    "a\n",
                    "a") == "a\n");
  CHECK(decode_text("", "a").empty());
  CHECK(decode_text("\xef\xbb\xbf", "a").empty());
}

TEST_CASE("a byte order mark identifies UTF-16 and UTF-32 in both orders") {
  const std::string wanted = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\n";
  for (const bool is_big_endian : {false, true})
    CHECK(decode_text(utf16(u"a\u00e9\u20ac\U0001f600\n", is_big_endian), "a") == wanted);
  CHECK(decode_text("\xff\xfe\0\0a\0\0\0\x00\xf6\x01\0"s, "a") == "a\xf0\x9f\x98\x80");
  CHECK(decode_text("\0\0\xfe\xff\0\0\0a"s, "a") == "a");
}

TEST_CASE("text that cannot be decoded is an error with its line") {
  CHECK(reason_of("a\nb\xe9\n") == "cannot read 'a.txt': line 2: the byte 0xe9 is not UTF-8");
  CHECK(reason_of("a\n\0b\n"s).starts_with("cannot read 'a.txt': line 2: it holds a NUL"));
  CHECK(reason_of("a\0b\0"s).find("UTF-16 without a byte order mark") != std::string::npos);
  CHECK(reason_of("\xff\xfe"
                  "a\0\n\0b"s) == "cannot read 'a.txt': line 2: it is not UTF-16");
  CHECK(reason_of(utf16(u"a\n\n" + std::u16string(1, char16_t{0xdc00}), false)) ==
        "cannot read 'a.txt': line 3: it is not UTF-16");
  CHECK(reason_of(utf16(std::u16string(1, char16_t{0xd800}) + u"a", false)).find("not UTF-16") !=
        std::string::npos);
  CHECK(reason_of("\xff\xfe\0\0\0\0\x11\0"s) == "cannot read 'a.txt': line 1: it is not UTF-32");
  for (const char* bytes : {"\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\x80", "\xff"})
    CHECK(reason_of(bytes).find("is not UTF-8") != std::string::npos);
}

TEST_CASE("every truncated length of a text is decoded or refused") {
  for (const std::string& whole : {utf16(u"a\u20ac\U0001f600\n", false),
                                   "\xef\xbb\xbf"
                                   "a\xe2\x82\xac\n"s,
                                   "\0\0\xfe\xff\0\0\0a"s})
    for (std::size_t length = 0; length <= whole.size(); ++length) reason_of(whole.substr(0, length));
}

TEST_CASE("an encoding is declared in a comment of the first two lines") {
  CHECK(declared_encoding("# -*- coding: Latin_1 -*-\n") == "latin-1");
  CHECK(declared_encoding("#!/usr/bin/python\n# vim: set fileencoding=utf-8 :\n") == "utf-8");
  CHECK(declared_encoding("\f # coding:cp1252") == "cp1252");
  CHECK(declared_encoding("\r\n#coding: latin-1\r\n") == "latin-1");
  CHECK(declared_encoding("\n\n# coding: latin-1\n").empty());
  CHECK(declared_encoding("x = 1\n# coding: latin-1\n").empty());
  CHECK(declared_encoding("x = 1 # coding: latin-1\n").empty());
  CHECK(declared_encoding("# coding latin-1\n# coding:\n").empty());
  CHECK(declared_encoding("").empty());
}

TEST_CASE("a declared encoding counts where there is no byte order mark") {
  CHECK(decode_declared_text("\xe9\x80", "latin-1", "a") == "\xc3\xa9\xc2\x80");
  CHECK(decode_declared_text("\xe9\x80\xa4", "cp1252", "a") == "\xc3\xa9\xe2\x82\xac\xc2\xa4");
  CHECK(decode_declared_text("\xa4", "iso-8859-15", "a") == "\xe2\x82\xac");
  CHECK(decode_declared_text("\xef\xbb\xbf\xc3\xa9", "latin-1", "a") == "\xc3\xa9");
  CHECK(decode_declared_text("\xc3\xa9", "", "a") == "\xc3\xa9");
  CHECK(decode_declared_text("ascii\n", "shift-jis", "a") == "ascii\n");
  CHECK_THROWS_WITH(decode_declared_text("\n\xe9", "shift-jis", "a", 4),
                    "cannot read 'a': line 5: the encoding 'shift-jis' is not known here");
  CHECK_THROWS_WITH(decode_declared_text("\n\xe9", "utf-8", "a", 4),
                    "cannot read 'a': line 5: the byte 0xe9 is not UTF-8");
}
