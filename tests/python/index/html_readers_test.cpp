#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "python/index/html_readers.h"
#include "store/platform/error.h"

using namespace envstore;

namespace {

const std::string kUrl = "https://index.test/simple/demo/";

struct Reading {
  SimplePage page;
  bool is_refused = false, fits = true;
  bool operator==(const Reading& other) const { return page == other.page && is_refused == other.is_refused; }
};

Reading scan(const std::string& body) {
  Reading reading;
  PageBuilder builder(kUrl);
  try {
    reading.fits = scan_simple_html(body, kUrl, builder);
    reading.page = builder.take();
  } catch (const Error&) {
    reading.is_refused = true;
  }
  return reading;
}

Reading parse(const std::string& body) {
  Reading reading;
  PageBuilder builder(kUrl);
  try {
    read_html_tree(body, kUrl, builder);
    reading.page = builder.take();
  } catch (const Error&) {
    reading.is_refused = true;
  }
  return reading;
}

class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}
  std::size_t below(std::size_t limit) { return random_() % limit; }

  std::string page() {
    std::string body = pick({"<!DOCTYPE html>\n<html><head>", "<html>\n<head>\n", "<!-- x -->", ""});
    body += pick({"<meta name=\"pypi:repository-version\" content=\"1.0\">", "<meta charset='utf-8'/>", ""});
    body += pick({"<title>Links for demo</title>", "<title>a &amp; b</title>", ""});
    body += pick({"</head>\n<body>", "<body><h1>Links</h1>", ""});
    for (std::size_t count = below(6); count > 0; --count) body += anchor();
    return body + pick({"</body></html>\n<!--SERIAL 1-->", "</body>", ""});
  }

  std::string mutate(std::string body) {
    static const std::vector<std::string> pieces = {"<",
                                                    ">",
                                                    "\"",
                                                    "'",
                                                    "=",
                                                    "/",
                                                    "&",
                                                    "</a>",
                                                    "<a ",
                                                    "<a href=\"q-9.zip\">",
                                                    "<!--",
                                                    "-->",
                                                    "--!>",
                                                    "<table>",
                                                    "<b>",
                                                    "</p>",
                                                    "<p>",
                                                    "<title>",
                                                    "</title>",
                                                    "<script>",
                                                    "<base href=\"/x/\">",
                                                    "\r",
                                                    "<template>",
                                                    "<svg>",
                                                    "&gt;",
                                                    "&gt",
                                                    "<select>",
                                                    "</body>",
                                                    "<li>",
                                                    "<?",
                                                    "</",
                                                    "<style>",
                                                    " ",
                                                    "\n",
                                                    "<pre>",
                                                    "</br>",
                                                    "<plaintext>",
                                                    "\xc3\xa9",
                                                    "</html>"};
    for (std::size_t count = 1 + below(3); count > 0; --count) {
      const std::size_t at = below(body.size() + 1);
      switch (below(3)) {
        case 0:
          body.insert(at, pieces[below(pieces.size())]);
          break;
        case 1:
          body.erase(at, 1 + below(6));
          break;
        default:
          body.insert(at, body.substr(below(body.size() + 1), below(40)));
      }
    }
    return body;
  }

 private:
  std::string pick(std::initializer_list<const char*> choices) {
    return *(choices.begin() + below(choices.size()));
  }
  std::string anchor() {
    std::string text = "<a href=\"" + std::string(pick({"", "../", "https://f.test/x/", "/y/"})) + "demo-" +
                       std::to_string(below(50)) + pick({".zip", ".tar.gz", "-py3-none-any.whl", ".exe"});
    text += pick({"", "#md5=0123456789abcdef0123456789abcdef"});
    text += pick({"\"", "\" ", "\"\n"});
    text += pick({"", " data-requires-python=\"&gt;=3.6\"", " data-requires-python='&lt;4, !=3.0.*'"});
    text += pick({"", " data-yanked", " data-yanked=\"x &quot;y&quot;\"", " rel=\"internal\""});
    text += pick({"", " data-core-metadata=\"true\"", " data-dist-info-metadata='true'"});
    return text + ">demo</a>" + pick({"<br/>\n", "<br>\n", "\n", "</li>"});
  }
  std::mt19937 random_;
};

}  // namespace

TEST_CASE("the scanner takes pages of the usual shape") {
  Generator generator(7);
  int taken = 0;
  for (int i = 0; i < 200; ++i) taken += scan(generator.page()).fits ? 1 : 0;
  CHECK(taken > 150);
}

TEST_CASE("a tag with an attribute twice is left to the parser") {
  CHECK(scan("<a href=\"a-1-py3-none-any.whl\">a</a>").fits);
  CHECK_FALSE(scan("<a rel rel href=\"a-1-py3-none-any.whl\">a</a>").fits);
  CHECK_FALSE(scan("<a href=\"a-1-py3-none-any.whl\" data-yanked Data-Yanked>a</a>").fits);
}

TEST_CASE("an attribute with a control character is left to the parser, which replaces it") {
  CHECK(scan("<a href=\"a-1-py3-none-any.whl\" data-yanked=\"a\tb\nc\">a</a>").fits);
  for (const char c : {'\x01', '\x10', '\x1f', '\x7f', '\r'})
    CHECK_FALSE(scan(std::string("<a href=\"a-1-py3-none-any.whl#x") + c + "\">a</a>").fits);
}

TEST_CASE("whatever the scanner takes the HTML5 parser reads the same") {
  Generator generator(20);
  int compared = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string body = generator.page();
    if (i % 4 != 0) body = generator.mutate(body);
    const Reading scanned = scan(body);
    if (!scanned.fits) continue;
    ++compared;
    REQUIRE_MESSAGE(scanned == parse(body), body);
  }
  CHECK(compared > 5000);
}

TEST_CASE("on pages in $ENVSTORE_TEST_PAGES both readers agree") {
  const char* folder = std::getenv("ENVSTORE_TEST_PAGES");
  if (folder == nullptr) return;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream file(entry.path(), std::ios::binary);
    std::ostringstream body;
    body << file.rdbuf();
    const Reading scanned = scan(body.str());
    CHECK_MESSAGE(scanned.fits, entry.path().string());
    CHECK_MESSAGE(scanned == parse(body.str()), entry.path().string());
  }
}
