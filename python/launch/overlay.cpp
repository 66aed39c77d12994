#include "python/launch/overlay.h"

#include <algorithm>

#include "python/launch/copy_hook.h"
#include "python/launch/own_commands.h"
#include "store/platform/format.h"
#include "store/platform/store_paths.h"

namespace envstore {
namespace {

/// Whether the path is printable ASCII without anything that a Python literal or site.py would misread.
bool is_plain(std::string_view path) {
  const bool has_odd = std::any_of(
      path.begin(), path.end(), [](unsigned char c) { return c < ' ' || c > '~' || c == '\'' || c == '\\'; });
  return !has_odd && path.starts_with('/') && !path.ends_with(' ');
}

/// A Python expression for the path.
std::string expression(std::string_view path) {
  if (is_plain(path)) return format_text("'{}'", path);
  std::string escaped;
  for (const char byte : path) escaped += format_text("\\x{:02x}", static_cast<unsigned char>(byte));
  return format_text("os.fsdecode(b'{}')", escaped);
}

std::string line(std::string_view path, bool has_pth) {
  if (has_pth) return format_text("import os, site; site.addsitedir({})\n", expression(path));
  if (is_plain(path)) return format_text("{}\n", path);
  // site.py reads the files of a virtual environment twice.
  return format_text("import os, sys; sys.path += [p for p in [{}] if p not in sys.path]\n",
                     expression(path));
}

/// `python3.11` of lib/python3.11/site-packages.
std::string own_name(std::string_view site_path) {
  const std::size_t begin = site_path.find('/') + 1;
  return std::string(site_path.substr(begin, site_path.find('/', begin) - begin));
}

/// `3.11` of 3.11.2.
std::string minor_version(std::string_view version) {
  return std::string(version.substr(0, version.find('.', version.find('.') + 1)));
}

/// Guards every name of pip that the environment does not have. `taken`: the existing names, sorted.
void guard_pip(const LaunchPlan& plan, const std::vector<std::string>& taken, ScratchRecipe& recipe) {
  for (const std::string& name : pip_names(plan)) {
    if (std::binary_search(taken.begin(), taken.end(), name)) continue;
    if (name == "pip")
      recipe.programs.emplace_back("bin/pip", pip_guard());
    else
      recipe.symlinks.emplace_back("bin/" + name, "pip");
  }
}

}  // namespace

std::string layer_path(const StoreReader& store, const LayerPlan& layer) {
  return store.path() + "/" + store_paths::snapshot(layer.snapshot, layer.layout);
}

std::string overlay_text(const StoreReader& store, const LaunchPlan& plan) {
  std::string text;
  if (!plan.layers.empty()) text = copy_hook_line(expression(store.path()));
  for (const LayerPlan& layer : plan.layers)
    text += line(layer_path(store, layer) + "/" + plan.site_path, layer.has_pth);
  for (const std::string& path : plan.editable_paths) text += line(path, false);
  return text;
}

std::vector<std::string> interpreter_names(const LaunchPlan& plan) {
  const std::string own = own_name(plan.site_path);
  std::vector<std::string> names{"python3", "python" + minor_version(plan.version)};
  if (own.starts_with("python") && own != names[1]) names.push_back(own);
  if (own.starts_with("pypy")) names.insert(names.end(), {"pypy", "pypy3", own});
  return names;
}

ScratchRecipe scratch_recipe(const StoreReader& store, const LaunchPlan& plan) {
  ScratchRecipe recipe;
  recipe.directories = {"bin", plan.site_path};
  recipe.files.emplace_back(
      "pyvenv.cfg",
      format_text("home = {}\ninclude-system-site-packages = false\nversion = {}\nenvstore = {}\n", plan.home,
                  plan.version, ENVSTORE_VERSION));
  const std::string overlay = overlay_text(store, plan);
  if (!overlay.empty()) recipe.files.emplace_back(plan.site_path + "/_envstore.pth", overlay);
  recipe.symlinks.emplace_back("bin/python", plan.interpreter);
  std::vector<std::string> taken = interpreter_names(plan);
  for (const std::string& name : taken) recipe.symlinks.emplace_back("bin/" + name, "python");
  recipe.symlinks.emplace_back("lib64", "lib");  // some builds of Python keep compiled modules there
  taken.push_back("python");
  std::sort(taken.begin(), taken.end());
  for (const LayerPlan& layer : plan.layers) {
    const std::size_t before = taken.size();
    for (const std::string& name : layer.scripts) {
      if (std::binary_search(taken.begin(), taken.begin() + static_cast<std::ptrdiff_t>(before), name))
        continue;
      taken.push_back(name);
      const std::string path = "bin/" + name;
      recipe.hard_links.emplace_back(path, store_paths::snapshot(layer.snapshot, layer.layout) + "/" + path);
    }
    std::sort(taken.begin(), taken.end());
  }
  guard_pip(plan, taken, recipe);
  add_prefix_entries(store, plan, recipe);
  return recipe;
}

}  // namespace envstore
