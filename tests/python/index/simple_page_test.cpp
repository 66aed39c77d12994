#include <doctest/doctest.h>

#include "python/index/simple_page.h"
#include "store/platform/error.h"

using namespace envstore;

namespace {

constexpr const char* kBase = "https://index.test/simple/demo/";
const std::string kHash(64, 'a');

SimplePage html(const std::string& body, const std::string& base = kBase) {
  return parse_simple_html(body, base);
}
IndexFile only(const SimplePage& page) {
  REQUIRE(page.files.size() == 1);
  return page.files[0];
}
std::string json_page(const std::string& files, const std::string& version = "1.1") {
  return R"({"meta":{"api-version":")" + version + R"("},"name":"demo","files":[)" + files + "]}";
}

}  // namespace

TEST_CASE("a link has name, address and hash, and the fragment is no part of the address") {
  const IndexFile file =
      only(html("<a href=\"../../f/demo-1.0-py3-none-any.whl#sha256=" + kHash + "\">x</a>"));
  CHECK(file.filename == "demo-1.0-py3-none-any.whl");
  CHECK(file.url == "https://index.test/f/demo-1.0-py3-none-any.whl");
  CHECK(file.hashes.digest("sha256") == kHash);
}

TEST_CASE("a hash of a wrong length or alphabet is one that no file has") {
  const FileDigests unmet = {{"sha256", ""}};
  CHECK(only(html("<a href=\"d-1.zip#sha256=abc\">d</a>")).hashes == unmet);
  CHECK(only(html("<a href=\"d-1.zip#sha256=" + std::string(64, 'g') + "\">d</a>")).hashes == unmet);
  CHECK(only(parse_simple_json(json_page(R"({"filename":"d-1.zip","url":"d-1.zip","hashes":{"sha256":7}})"),
                               kBase))
            .hashes == unmet);
  CHECK(only(html("<a href=\"d-1.zip#sha256=" + std::string(64, 'A') + "\">d</a>")).hashes.digest("sha256") ==
        kHash);
}

TEST_CASE("requires-python is unescaped") {
  CHECK(only(html("<a href=\"d-1.zip\" data-requires-python=\"&gt;=3.8,&lt;4\">d</a>")).requires_python ==
        ">=3.8,<4");
  CHECK(only(html("<a href=\"d-1.zip\" data-requires-python=\"&#62;&#x3d;3.8\">d</a>")).requires_python ==
        ">=3.8");
  CHECK(only(html("<a href=d-1.zip data-requires-python=&GT;3>d</a>")).requires_python == ">3");
  CHECK(!only(html("<a href=\"d-1.zip\" data-requires-python=\"\">d</a>")).requires_python);
}

TEST_CASE("yanked with a reason, without one, and not at all") {
  CHECK(only(html("<a href=\"d-1.zip\" data-yanked=\"bad &amp; old\">d</a>")).yanked == "bad & old");
  CHECK(only(html("<a href=\"d-1.zip\" data-yanked>d</a>")).yanked == "");
  CHECK(only(html("<a href=\"d-1.zip\" data-yanked=\"\">d</a>")).yanked == "");
  CHECK(!only(html("<a href=\"d-1.zip\">d</a>")).yanked);
}

TEST_CASE("metadata is advertised under either name; the newer one decides") {
  CHECK(only(html("<a href=\"d-1.zip\" data-core-metadata=\"true\">d</a>")).has_metadata);
  const IndexFile old =
      only(html("<a href=\"d-1.zip\" data-dist-info-metadata=\"sha256=" + kHash + "\">d</a>"));
  CHECK(old.has_metadata);
  CHECK(old.metadata_hashes.digest("sha256") == kHash);
  CHECK(!only(html("<a href=\"d-1.zip\" data-core-metadata=\"false\" data-dist-info-metadata=\"true\">d</a>"))
             .has_metadata);
}

TEST_CASE("relative addresses follow base, the first one that has an address") {
  const std::string body = "<base href=\"/mirror/\"><base href=\"/other/\"><a href=\"d-1.zip\">d</a>";
  CHECK(only(html(body)).url == "https://index.test/mirror/d-1.zip");
}

TEST_CASE("tags inside an anchor, odd quoting and letter case do not hide a file") {
  CHECK(only(html("<A HREF='d-1.zip'><b>d</b></A>")).filename == "d-1.zip");
  CHECK(only(html("<a\n href = d-1.zip >d</a>")).filename == "d-1.zip");
  CHECK(only(html("<a href=\"d%2D1.zip\">d</a>")).filename == "d-1.zip");
}

TEST_CASE("links in comments, titles and scripts are none") {
  CHECK(html("<!-- <a href=\"d-1.zip\">d</a> -->").files.empty());
  CHECK(html("<title><a href=\"d-1.zip\">d</a></title>").files.empty());
  CHECK(html("<script>'<a href=\"d-1.zip\">d</a>'</script>").files.empty());
  CHECK(html("<textarea><a href=\"d-1.zip\">d</a></textarea>").files.empty());
}

TEST_CASE("a file that is linked twice is there once, as it was linked first") {
  const SimplePage page = html("<a href=\"a/d-1.zip\">d</a><a href=\"b/d-1.zip\">d</a>");
  CHECK(only(page).url == "https://index.test/simple/demo/a/d-1.zip");
}

TEST_CASE("hostile addresses and names are dropped") {
  for (const std::string href :
       {"file:///etc/d-1.zip", "javascript:d-1.zip", "ftp://x/d-1.zip", "https:///d-1.zip", "a/..%2Fd-1.zip",
        "d%00-1.zip", "d%0a-1.zip", "%2e%2e%2fetc%2fd-1.zip", "http://a b/d-1.zip", ".d-1.zip",
        "https://h:99999/d-1.zip"})
    CHECK_MESSAGE(html("<a href=\"" + href + "\">d</a>").files.empty(), href);
}

TEST_CASE("only a local page may name local files") {
  CHECK(only(html("<a href=\"file:///w/d-1.zip\">d</a>", "file:///w/index.html")).url == "file:///w/d-1.zip");
  CHECK(html("<base href=\"file:///w/\"><a href=\"d-1.zip\">d</a>").files.size() == 1);
  CHECK(only(html("<base href=\"file:///w/\"><a href=\"d-1.zip\">d</a>"))
            .url.starts_with("https://index.test/"));
}

TEST_CASE("what is no index page is an empty one") {
  CHECK(html("").files.empty());
  CHECK(html("<h1>It works!</h1><a href=\"/about\">about</a>").files.empty());
  CHECK(html(std::string("\0\xff<<<", 5)).files.empty());
}

TEST_CASE("a deeply nested page neither crashes nor hides its link") {
  std::string body;
  for (int i = 0; i < 20000; ++i) body += "<div><b>";
  CHECK(html(body + "<a href=\"d-1.zip\">d</a>").files.size() == 1);
}

TEST_CASE("a newer major version is refused, a newer minor one is not") {
  const auto with = [](const char* v) {
    return std::string("<meta name=\"pypi:repository-version\" content=\"") + v +
           "\"><a href=\"d-1.zip\">d</a>";
  };
  CHECK(html(with("1.9")).files.size() == 1);
  CHECK_THROWS_AS(html(with("2.0")), Error);
  CHECK_THROWS_AS(html(with("x")), Error);
  CHECK_THROWS_AS(html("<table><tr><td>" + with("2.0")), Error);
  CHECK(parse_simple_json(json_page("", "1.4"), kBase).files.empty());
  CHECK_THROWS_AS(parse_simple_json(json_page("", "2.0"), kBase), Error);
}

TEST_CASE("JSON has everything that HTML has, and size and time") {
  const IndexFile file = only(parse_simple_json(
      json_page(R"({"filename":"d-1.zip","url":"../d-1.zip","hashes":{"sha256":")" + kHash +
                R"("},"requires-python":">=3.8","yanked":"why","core-metadata":{"sha256":")" + kHash +
                R"("},"size":7,"upload-time":"1970-01-01T00:00:01.5Z"})"),
      kBase));
  CHECK(file.url == "https://index.test/simple/d-1.zip");
  CHECK(file.hashes.digest("sha256") == kHash);
  CHECK(file.requires_python == ">=3.8");
  CHECK(file.yanked == "why");
  CHECK(file.has_metadata);
  CHECK(file.metadata_hashes.digest("sha256") == kHash);
  CHECK(file.size == 7);
  CHECK(file.upload_time_ns == 1'500'000'000);
}

TEST_CASE("JSON booleans and nulls are read as PEP 691 specifies") {
  const IndexFile file = only(parse_simple_json(
      json_page(
          R"({"filename":"d-1.zip","url":"d-1.zip","hashes":{},"yanked":false,"requires-python":null,"core-metadata":false,"dist-info-metadata":true})"),
      kBase));
  CHECK(!file.yanked);
  CHECK(!file.requires_python);
  CHECK(!file.has_metadata);
  CHECK(only(parse_simple_json(
                 json_page(R"({"filename":"d-1.zip","url":"d-1.zip","hashes":{},"yanked":true})"), kBase))
            .yanked == "");
}

TEST_CASE("one malformed entry does not take the others along; a malformed page is an error") {
  CHECK(parse_simple_json(json_page(R"(3,{"filename":3},{"filename":"d-1.zip","url":"d-1.zip"})"), kBase)
            .files.size() == 1);
  for (const char* body :
       {"", "[]", "{}", "{\"meta\":{}}", "{\"meta\":{\"api-version\":\"1.0\"}}", "{\"meta\":{\"api-ver"})
    CHECK_THROWS_AS(parse_simple_json(body, kBase), Error);
}

TEST_CASE("what was encoded is decoded, and every truncation of it is refused") {
  SimplePage page =
      html("<a href=\"d-1.zip#sha256=" + kHash +
           "\" data-requires-python=\"&gt;3\" data-yanked=\"y\" data-core-metadata=\"sha256=" + kHash +
           "\">d</a><a href=\"x/d-2.zip?a=b\">d</a>");
  REQUIRE(page.files.size() == 2);
  page.files[0].size = std::uint64_t{1} << 40;
  page.files[0].upload_time_ns = 12345678901234567;
  const std::string bytes = page.encode();
  CHECK(SimplePage::decode(bytes) == page);
  for (std::size_t size = 0; size < bytes.size(); ++size)
    CHECK_THROWS_AS(SimplePage::decode(std::string_view(bytes).substr(0, size)), Error);
  CHECK_THROWS_AS(SimplePage::decode(bytes + "x"), Error);
}

TEST_CASE("all hashes that can be checked are kept, whatever their algorithm, and others are passed over") {
  std::string fragment = "egg=d&frobnicate=1&shake_128=abcd", object = R"("frobnicate":"1")";
  FileDigests all;
  for (const HashAlgorithm& algorithm : kHashAlgorithms) {
    const std::string name(algorithm.name), hex(algorithm.digits, '7');
    all.add({name, hex});
    fragment.append("&" + name + "=" + hex);
    object.append(",\"" + name + "\":\"" + hex + "\"");
  }
  const SimplePage page = html("<a href=\"d-1.zip#" + fragment + "\">d</a>");
  CHECK(only(page).hashes == all);
  CHECK(SimplePage::decode(page.encode()) == page);
  const std::string entry = R"({"filename":"d-1.zip","url":"d-1.zip","hashes":{)" + object + "}}";
  CHECK(only(parse_simple_json(json_page(entry), kBase)).hashes == all);
}

TEST_CASE("two digests of one algorithm are both kept, so that no file has them") {
  const std::string other(64, 'b');
  CHECK(only(html("<a href=\"d-1.zip#sha256=" + kHash + "&sha256=" + other + "\">d</a>")).hashes ==
        FileDigests{{"sha256", kHash}, {"sha256", other}});
}

TEST_CASE("a name that would steer a terminal or is no UTF-8 is no file's") {
  for (const char* const name : {"d-%1b[2J1.zip", "d-%c2%9b1.zip", "d-%e2%80%ae1.zip", "d-%ff1.zip"})
    CHECK(html("<a href=\"" + std::string(name) + "\">d</a>").files.empty());
}

TEST_CASE("texts and addresses longer than any that means something are left out") {
  const std::string longest(100'000, 'x');
  CHECK(html("<a href=\"" + longest + "/d-1.zip\">d</a>").files.empty());
  const IndexFile file =
      only(html("<a href=\"d-1.zip\" data-yanked=\"" + std::string(30'000, 'x') + "\">d</a>"));
  CHECK(file.yanked->size() < 3000);
}

TEST_CASE("a page of JSON that is nested without end is refused, and what no index means is not kept") {
  for (const char* const bracket : {"[", "{\"a\":"}) {
    std::string nested;
    for (int i = 0; i < 200'000; ++i) nested += bracket;
    CHECK_THROWS_AS((void)parse_simple_json(nested, kBase), Error);
    CHECK_THROWS_AS(
        (void)parse_simple_json(R"({"meta":{"api-version":"1.0"},"files":[{"filename":)" + nested, kBase),
        Error);
  }
  const std::string odd =
      R"({"versions":[[[1]],{"files":[2]}],"files":[7,[8,{"filename":"x-1.zip","url":"x-1.zip"}],)"
      R"({"filename":"d-1.zip","url":"d-1.zip","other":{"filename":[9]},"hashes":{"x":{"y":1}}}],)"
      R"("meta":{"api-version":"1.0","files":[{"filename":"z-1.zip","url":"z-1.zip"}]}})";
  CHECK(only(parse_simple_json(odd, kBase)).filename == "d-1.zip");
}

TEST_CASE("a tag of many attributes is read as far as time allows, or refused") {
  for (const std::string quote : {"", "\""}) {
    std::string body = "<html><a ";
    for (int i = 0; i < 300'000; ++i) body += "a" + std::to_string(i) + "=" + quote + "1" + quote + " ";
    CHECK_THROWS_AS((void)html(body + "href=\"d-1.zip\">d</a>"), Error);
  }
}
