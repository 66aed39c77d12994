#include "python/provision/known_run.h"

#include <algorithm>

#include "python/interpreter/interpreter.h"
#include "python/provision/run_cache.h"
#include "store/platform/error.h"
#include "store/platform/files.h"
#include "store/platform/path_parts.h"
#include "store/platform/terminal_text.h"
#include "store/platform/text_encoding.h"
#include "store/snapshots/snapshot.h"

namespace envstore {
namespace {

using pypackaging::ScriptBlock;

std::optional<ScriptBlock> block_of(const RunWords& request) {
  if (!request.script_text) return std::nullopt;
  const std::string& text = *request.script_text;
  const auto mark = byte_order_mark(text);
  // Also checked without a byte order mark: older Pythons stop at the first NUL without an error.
  const bool has_early_nul = text.substr(0, 2).find('\0') != std::string::npos;
  if (has_early_nul || (mark && mark->encoding != Unicode::utf8))
    throw Error(
        ErrorKind::invalid_input,
        "cannot run '" + request.target.name + "': it is UTF-16 or UTF-32, which Python does not read",
        "save the file as UTF-8");
  auto block = pypackaging::find_script_block(text);
  if (block && *block) {
    std::string& toml = (*block)->toml;
    const auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
    if (!std::all_of(toml.begin(), toml.end(), is_ascii))
      toml = decode_declared_text(toml, declared_encoding(text), request.target.name, (*block)->first_line);
  }
  if (block) return std::move(*block);
  const auto line =
      1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(block.error().position), '\n');
  throw Error(ErrorKind::invalid_input, "cannot read the metadata of '" + request.target.name + "': line " +
                                            std::to_string(line) + ", column 1: " + block.error().message);
}

}  // namespace

std::string label_of(const RunWords& request) {
  if (!request.script_path.empty()) return request.script_path;
  return without_secrets(request.target.name);
}

std::string directory_of(const RunWords& request) {
  return request.script_path.empty() ? current_directory() : directory_of(request.script_path);
}

RunKey key_of(const StoreReader& store, const RunWords& request) {
  RunKey key;
  key.block = block_of(request);
  if (!key.block && request.script_text && request.script_text->find("///") != std::string::npos)
    key.misspelt_block = pypackaging::find_misspelt_opening(*request.script_text);
  if (request.python.empty()) key.python_version_file = find_python_version_file(directory_of(request));
  key.text = run_cache_key(store, request, key.block ? std::string_view(key.block->toml) : "",
                           key.python_version_file);
  return key;
}

std::optional<PreparedRun> known_run(StoreWriter& store, const RunWords& request, const RunKey& key) {
  if (bypasses_run_cache(request) || key.misspelt_block) return std::nullopt;
  const auto text = text_with_variables(store, request, key.text);
  const auto entry = text ? find_run(store, *text) : std::nullopt;
  if (!entry) return std::nullopt;
  LaunchPlan plan = LaunchPlan::decode(entry->plan);
  for (const LayerPlan& layer : plan.layers)
    if (!is_placed(store, layer.snapshot, layer.layout)) return std::nullopt;
  auto lease = Lease::acquire(store, LeaseKind::run, entry->snapshots, label_of(request));
  if (!lease) return std::nullopt;
  return PreparedRun{std::move(*lease), std::move(plan), {}, true};
}

}  // namespace envstore
