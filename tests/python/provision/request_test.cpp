#include "python/provision/request.h"

#include <doctest/doctest.h>

#include "python/provision/read_layers.h"

using namespace envstore;

namespace {

Request a_request() {
  Request request;
  request.words.target = {Target::Kind::command, "python", {"--password", "hunter2"}};
  request.words.with = {"demo>=1"};
  request.key.text = "key";
  request.sources = {{"default-index", "https://user:secret@index.invalid/simple", "UV_DEFAULT_INDEX"}};
  return request;
}

Interpreter python() {
  Interpreter interpreter;
  interpreter.version = "3.11.2";
  interpreter.markers = {{"sys_platform", "linux"}};
  return interpreter;
}

}  // namespace

TEST_CASE("requests are equal if words, key and settings are") {
  CHECK(a_request() == a_request());
  Request other = a_request();
  other.words.with = {"demo>=2"};
  CHECK_FALSE(other == a_request());
  other = a_request();
  other.key.text = "another";
  CHECK_FALSE(other == a_request());
  other = a_request();
  other.settings.indexes.offline = true;
  CHECK_FALSE(other == a_request());
}

TEST_CASE("a printed request has its settings with their sources, and no secrets") {
  const std::string text = to_json(a_request());
  CHECK(text ==
        R"({"layout":"farm","python":"","settings":[{"name":"default-index","source":"UV_DEFAULT_INDEX",)"
        R"("value":"https://index.invalid/simple"}],"target":{"command":"python"},)"
        R"("with":["demo>=1"],"with-requirements":[]})");
}

TEST_CASE("an address without its scheme is not printed, because it may hold a password") {
  for (const char* word : {"//user:secret@host/demo.whl", "demo @ //user:secret tail@host/demo.whl",
                           "user:secret@host/demo.whl", "demo @  user:secret@host/x.whl"}) {
    Request request = a_request();
    request.words.with = {word};
    request.words.python = word;
    CAPTURE(word);
    CHECK(to_json(request).find("secret") == std::string::npos);
  }
}

TEST_CASE("the flags of a run are applied to its settings") {
  RunWords words;
  words.upgrade_packages = {"Demo<2"};
  words.refresh_packages = {"Other.Name"};
  words.offline = true;
  ResolutionSettings settings;
  apply_flags(words, settings);
  CHECK(settings.indexes.offline);
  CHECK_FALSE(settings.indexes.refresh);
  CHECK(settings.indexes.refresh_packages == std::set<std::string>{"demo", "other-name"});
  REQUIRE(settings.upgrade_packages.size() == 1);
  words.upgrade = true;
  apply_flags(words, settings);
  CHECK(settings.upgrade);
  CHECK(settings.indexes.refresh);
}

TEST_CASE("the layers of a request are --with above the script, and a run's own pip below") {
  Request request = a_request();
  request.words.target.name = "pip";
  request.script.dependencies = {*pypackaging::Requirement::parse("app")};
  const Layers layers = read_layers(request, python());
  REQUIRE(layers.layers.size() == 3);
  CHECK(layers.layers[0].source == Layer::Source::with);
  CHECK(layers.layers[0].label == "demo>=1");
  CHECK(layers.layers[1].source == Layer::Source::script);
  CHECK(layers.layers[2].only_without == "pip");
  CHECK(layers == read_layers(request, python()));
}

TEST_CASE("a request without requirements has no layers") {
  Request request = a_request();
  request.words.with.clear();
  CHECK(read_layers(request, python()) == Layers());
}

TEST_CASE("the sources of packages apply to the script's layer only") {
  Request request = a_request();
  request.script.dependencies = {*pypackaging::Requirement::parse("app")};
  request.settings.named_indexes = {{"https://own.invalid/simple", "own"}};
  request.settings.sources = {{"app", PackageSource::Kind::index, "own", {}, "'demo.py': line 1"}};
  const Layers layers = read_layers(request, python());
  REQUIRE(layers.layers.size() == 2);
  CHECK(layers.layers[0].settings.indexes.bound.empty());
  CHECK(layers.layers[1].settings.indexes.bound.at("app").url == "https://own.invalid/simple");
}
