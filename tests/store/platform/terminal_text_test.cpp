#include "store/platform/terminal_text.h"

#include <doctest/doctest.h>

using namespace envstore;

TEST_CASE("what steers a terminal is shown as bytes, and the rest as it is") {
  CHECK(terminal_line("plain \xc3\xa9 \xf0\x9f\x90\x8d") == "plain \xc3\xa9 \xf0\x9f\x90\x8d");
  for (const char* const steering :
       {"\x1b", "\a", "\r", "\n", "\x7f", "\xc2\x9b", "\xc2\x80", "\xe2\x80\xae", "\xe2\x81\xa6",
        "\xe2\x80\xa8", "\xef\xbb\xbf", "\xd8\x9c", "\xf3\xa0\x80\x81"}) {
    const std::string shown = terminal_line(std::string("a") + steering + "b");
    CHECK(shown.find(steering) == std::string::npos);
    CHECK(shown.starts_with("a\\x"));
    CHECK(shown.ends_with("b"));
  }
}

TEST_CASE("bytes that are no UTF-8 are shown as bytes, whatever follows them") {
  CHECK(terminal_line("\xff") == "\\xff");
  CHECK(terminal_line("\xc3") == "\\xc3");
  CHECK(terminal_line("\xed\xa0\x80z") == "\\xed\\xa0\\x80z");
  CHECK(terminal_line("\xc0\xaf") == "\\xc0\\xaf");
}

TEST_CASE("a line is shortened, a message keeps its lines up to a limit") {
  CHECK(terminal_line(std::string(1000, 'x')).size() == 203);
  CHECK(terminal_text("one\n\ttwo\x1b[2J") == "one\n\ttwo\\x1b[2J");
  const std::string shown = terminal_text(std::string(1 << 20, 'x'));
  CHECK(shown.size() < 40'000);
  CHECK(shown.ends_with(" bytes more)"));
}

TEST_CASE("addresses lose their user and password wherever they stand") {
  CHECK(without_secrets("cannot fetch 'https://me:pw@host/x': no") == "cannot fetch 'https://host/x': no");
  CHECK(without_secrets("https://me@host https://you:a@b@host/") == "https://host https://host/");
  CHECK(without_secrets("demo @ https://me:pa/ss@host/x.whl") == "demo @ https://host/x.whl");
  CHECK(without_secrets("https://me:pa?s#s@host/x.whl") == "https://host/x.whl");
  CHECK(without_secrets("git+ssh://git@host/x@1") == "git+ssh://host/x@1");
  for (const char* const harmless :
       {"https://host:80/@scope/x", "https://[::1]:80/a@b", "https://host/a@b", "a@b", "name @ file:///x",
        "http://", "://", "https://host", "https://USER:PASSWORD@HOST/...", "'https://host:80': a@b",
        "https://host and demo @ https://other", "index: https://host:8080 (--index)", "https://host:80, a"})
    CHECK(without_secrets(harmless) == harmless);
}

TEST_CASE("addresses lose a password that no address may hold") {
  for (const char* password :
       {"s3cret blank", "s3 cr et", "a@b c", "a b@c", "a b/c", "a/b c", "a'b", "a\tb", "1 2", "a?b c"}) {
    CAPTURE(password);
    const std::string address = "http://me:" + std::string(password) + "@host:80/x";
    CHECK(without_secrets("cannot fetch '" + address + "': no") == "cannot fetch 'http://host:80/x': no");
    CHECK(without_secrets(address) == "http://host:80/x");
  }
  CHECK(without_secrets("index: http://me:s3cret (X)") == "index: http:// (X)");
}

TEST_CASE("addresses lose the values of parameters that are secrets by their name") {
  CHECK(without_secrets("cannot fetch 'https://host/x?a=1&Access_Token=s3cret': token=1 no") ==
        "cannot fetch 'https://host/x?a=1&Access_Token=': token=1 no");
  CHECK(without_secrets("https://host/x?sig=1#sha256=2") == "https://host/x?sig=#sha256=2");
  CHECK(without_secrets("https://host/x?page=2&key") == "https://host/x?page=2&key");
}

TEST_CASE("a long text of many addresses is looked through in one go") {
  std::string text;
  for (int i = 0; i < 200'000; ++i) text += "a://b";
  CHECK(without_secrets(text).size() == text.size());
}

TEST_CASE("results stay whole, and JSON stays JSON") {
  CHECK(terminal_results("{\"a\": \"\xe2\x80\xae\x7f\xf3\xa0\x80\x81\"}\n") ==
        "{\"a\": \"\\u202e\\u007f\\udb40\\udc01\"}\n");
  CHECK(terminal_results("a\xe2\x80\xae\n") == "a\\xe2\\x80\\xae\n");
  CHECK(terminal_results(std::string(100'000, 'x')).size() == 100'000);
}

TEST_CASE("the secrets of JSON are removed string by string") {
  const std::string plain =
      R"({"a":"https://host","b":"https://host:80","c":"x \"@y","d":["https://h/?token=","e@f"]})";
  CHECK(terminal_results(plain) == plain);
  CHECK(terminal_results(R"(["https://u:p@w\"@host","https://u:half","https://h/?token=x"])") ==
        R"(["https://host","https://","https://h/?token="])");
}
