#include "python/resolve/layers.h"

#include <doctest/doctest.h>

using namespace envstore;

namespace {

pypackaging::Requirement requirement(const char* text) {
  return *pypackaging::Requirement::parse(text);
}

Layers one_layer() {
  Layer layer;
  layer.label = "demo.py";
  layer.requirements = {requirement("demo>=1 ; sys_platform == 'linux'")};
  layer.settings.indexes.indexes = {{"https://user:secret@index.invalid/simple"}};
  return {{layer}, {}, {}};
}

}  // namespace

TEST_CASE("layers are equal if requirements, settings and inputs are") {
  CHECK(one_layer() == one_layer());
  Layers other = one_layer();
  other.layers[0].requirements = {requirement("demo>=2")};
  CHECK_FALSE(other == one_layer());
  other = one_layer();
  other.layers[0].settings.strategy = pypackaging::Strategy::lowest;
  CHECK_FALSE(other == one_layer());
  other = one_layer();
  other.variables.insert("HOME");
  CHECK_FALSE(other == one_layer());
}

TEST_CASE("printed layers name their source and requirements, but no secrets of URLs") {
  CHECK(to_json(Layers()) == "[]");
  CHECK(to_json(one_layer()) ==
        R"([{"indexes":["https://index.invalid/simple"],"label":"demo.py",)"
        R"("requirements":["demo>=1; sys_platform == \"linux\""],"source":"script"}])");
}

TEST_CASE("a printed layer has constraints, overrides and hashes if it has any") {
  Layers layers = one_layer();
  Layer& layer = layers.layers[0];
  layer.source = Layer::Source::own_pip;
  layer.only_without = "pip";
  layer.requirements = {requirement("demo @ https://user:secret@files.invalid/demo-1.0-py3-none-any.whl")};
  layer.settings.constraints = {requirement("other<2")};
  layer.settings.overrides = {requirement("third==3")};
  layer.hashes.allowed["demo"].add({"md5", std::string(32, 'a')});
  const std::string text = to_json(layers);
  for (const char* part :
       {R"("constraints":["other<2"])", R"("overrides":["third==3"])", R"("hashes":{"demo":["md5:aaaa)",
        R"("only-without":"pip")", R"("source":"own-pip")", "https://files.invalid/demo"})
    CHECK(text.find(part) != std::string::npos);
  CHECK(text.find("secret") == std::string::npos);
}
