#include "python/launch/overlay.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "python/launch/copy_hook.h"
#include "world.h"

using namespace envstore;
using namespace envstore::test;

namespace {
template <class Pairs>
std::string value_of(const Pairs& pairs, const std::string& key) {
  for (const auto& [name, value] : pairs)
    if (name == key) return value;
  return "(none)";
}
bool has(const std::vector<std::string>& texts, const std::string& text) {
  return std::find(texts.begin(), texts.end(), text) != texts.end();
}
LaunchPlan a_plan() {
  return {"/opt/python3.11", "/opt", "3.11.2", "lib/python3.11/site-packages", {}, {}};
}
}  // namespace

TEST_CASE("the overlay names the layers in order, then the editable sources") {
  LaunchWorld world;
  LaunchPlan plan = a_plan();
  world.add_layer(plan, 1);
  world.add_layer(plan, 2);
  plan.layers[1].has_pth = true;
  plan.editable_paths = {"/src/mine"};
  const std::string first = layer_path(world.store, plan.layers[0]) + "/" + plan.site_path;
  const std::string second = layer_path(world.store, plan.layers[1]) + "/" + plan.site_path;
  CHECK(overlay_text(world.store, plan) == copy_hook_line("'" + world.store.path() + "'") + first +
                                               "\nimport os, site; site.addsitedir('" + second +
                                               "')\n/src/mine\n");
}

TEST_CASE("a path that a locale, a quote or white space could spoil is escaped") {
  LaunchWorld world;
  LaunchPlan plan = a_plan();
  plan.editable_paths = {"/a\nimport evil", "/caf\xc3\xa9", "/it's", "/end "};
  const std::string text = overlay_text(world.store, plan);
  CHECK(std::count(text.begin(), text.end(), '\n') == 4);
  CHECK(text.find("evil") == std::string::npos);
  CHECK(text.find("os.fsdecode(b'\\x2f\\x63\\x61\\x66\\xc3\\xa9')") != std::string::npos);
}

TEST_CASE("an interpreter is found by every name that a virtual environment gives it") {
  LaunchPlan plan = a_plan();
  CHECK(interpreter_names(plan) == std::vector<std::string>{"python3", "python3.11"});
  plan.site_path = "lib/python3.14t/site-packages";
  plan.version = "3.14.0rc1";
  CHECK(interpreter_names(plan) == std::vector<std::string>{"python3", "python3.14", "python3.14t"});
  plan.site_path = "lib/pypy3.9/site-packages";
  plan.version = "3.9.16";
  CHECK(interpreter_names(plan) ==
        std::vector<std::string>{"python3", "python3.9", "pypy", "pypy3", "pypy3.9"});
}

TEST_CASE("of two layers' scripts with one name the first wins, and none hides python") {
  LaunchWorld world;
  LaunchPlan plan = a_plan();
  world.add_layer(plan, 1);
  world.add_layer(plan, 2);
  plan.layers[0].scripts = {"tool"};
  plan.layers[1].scripts = {"python", "python3", "tool", "other"};
  const ScratchRecipe recipe = scratch_recipe(world.store, plan);
  CHECK(recipe.hard_links.size() == 2);
  CHECK(value_of(recipe.hard_links, "bin/tool") ==
        store_paths::snapshot(plan.layers[0].snapshot, Layout::farm) + "/bin/tool");
  CHECK(value_of(recipe.symlinks, "bin/python") == "/opt/python3.11");
}

TEST_CASE("no name of pip leads out of the environment") {
  LaunchWorld world;
  LaunchPlan plan = a_plan();
  world.add_layer(plan, 1);
  ScratchRecipe recipe = scratch_recipe(world.store, plan);
  CHECK(value_of(recipe.programs, "bin/pip").find("no pip") != std::string::npos);
  CHECK(value_of(recipe.symlinks, "bin/pip3") == "pip");
  CHECK(value_of(recipe.symlinks, "bin/pip3.11") == "pip");
  plan.layers[0].scripts = {"pip", "pip3"};
  recipe = scratch_recipe(world.store, plan);
  CHECK(recipe.programs.empty());
  CHECK(value_of(recipe.hard_links, "bin/pip3") != "(none)");
  CHECK(value_of(recipe.symlinks, "bin/pip3.11") == "pip");
}

TEST_CASE("shared data is linked below the level that programs write at") {
  LaunchWorld world;
  LaunchPlan plan = a_plan();
  const std::string top = world.add_layer(plan, 1), below = world.add_layer(plan, 2);
  world.write(top + "/share/jupyter/kernels/python3/kernel.json", "{}");
  world.write(top + "/share/jupyter/labextensions/a/static/x.js", "");
  world.write(top + "/share/jupyter/labextensions/@s/b/x.js", "");
  world.write(below + "/share/jupyter/labextensions/@s/c/x.js", "");
  world.write(below + "/etc/jupyter/config.d/c.json", "{\"a\": 1}");
  world.write(below + "/lib/libthing.so", "");
  world.write(below + "/pyvenv.cfg", "");
  plan.layers[0].prefix_entries = {"share"};
  plan.layers[1].prefix_entries = {"etc", "pyvenv.cfg", "share"};
  const ScratchRecipe recipe = scratch_recipe(world.store, plan);
  CHECK(has(recipe.directories, "share/jupyter/labextensions"));
  CHECK(has(recipe.directories, "share/jupyter/labextensions/@s"));
  CHECK(has(recipe.directories, "share/jupyter/kernels/python3"));
  const std::string extension = "share/jupyter/labextensions/a";
  CHECK(value_of(recipe.symlinks, extension) == layer_path(world.store, plan.layers[0]) + "/" + extension);
  CHECK(value_of(recipe.symlinks, "share/jupyter/labextensions/@s/c").ends_with("@s/c"));
  CHECK(value_of(recipe.hard_links, "share/jupyter/kernels/python3/kernel.json") != "(none)");
  CHECK(value_of(recipe.files, "etc/jupyter/config.d/c.json") == "{\"a\": 1}");
  CHECK(value_of(recipe.hard_links, "lib/libthing.so") != "(none)");
  CHECK(value_of(recipe.hard_links, "pyvenv.cfg") == "(none)");
  const auto made = Scratch::make(world.store, "test", Fingerprint{}, [&] { return recipe; });
  CHECK(stat_at(AT_FDCWD, made.path() + "/share/jupyter/labextensions/@s/b/x.js", Links::follow).has_value());
}
