
#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "cli/commands/command.h"
#include "cli/commands/pages.h"
#include "cli/options/gc_settings.h"
#include "cli/output/phrases.h"
#include "cli/output/print.h"
#include "cli/output/usage_report.h"
#include "gc/collect/why.h"
#include "python/provision/build_cache.h"
#include "store/platform/format.h"
#include "store/platform/terminal_text.h"

namespace envstore {
namespace {

constexpr OptionSpec kOptions[] = {{"json", 0, {}, "print as JSON"}};

std::set<std::string> packages_of(const Census& census, const Why& answer) {
  std::set<std::string> packages;
  for (const std::uint32_t tree : answer.subject.trees) packages.insert(title_of(census.trees[tree]));
  return packages;
}

std::set<std::string> labels_of(const Census& census, const Why& answer) {
  std::set<std::string> labels;
  for (const WhyKept& kept : answer.snapshots)
    labels.insert(census.snapshots[kept.snapshot].labels.begin(),
                  census.snapshots[kept.snapshot].labels.end());
  return labels;
}

std::string keepers_text(const WhyKept& kept) {
  std::string text;
  for (const WhyKept::Keeper& keeper : kept.keepers)
    text += format_text("    kept by {}: {}\n", name_of(keeper.why), keeper.detail);
  return text.empty() ? "    nothing keeps it: gc removes it when its policy says so\n" : text;
}

/// By package: what was installed where it was built.
using BuiltWith = std::map<std::string, std::vector<std::string>>;

BuiltWith built_with(const StoreReader& store, const Census& census, const Why& answer) {
  const auto pins = pins_of_builds(store);
  BuiltWith result;
  for (const std::uint32_t tree : answer.subject.trees)
    if (const auto found = pins.find(census.trees[tree].id); found != pins.end())
      result.emplace(title_of(census.trees[tree]), found->second);
  return result;
}

std::string built_text(const BuiltWith& built) {
  std::string text;
  for (const auto& [package, pins] : built) {
    text += format_text("  {} was built with", package);
    for (const std::string& pin : pins) text += " " + terminal_line(pin);
    text += pins.empty() ? " nothing but the interpreter\n" : "\n";
  }
  return text;
}

std::string why_text(const Census& census, const Why& answer, const BuiltWith& built) {
  std::string text = answer.subject.title + "\n" + built_text(built);
  if (answer.subject.kind == Subject::Kind::file || answer.subject.kind == Subject::Kind::snapshot)
    for (const std::string& package : packages_of(census, answer))
      text += format_text("  package {}\n", package);
  if (answer.snapshots.empty())
    text += "  no snapshot has it: gc removes it when it is older than the grace time\n";
  for (const WhyKept& kept : answer.snapshots) {
    const CountedSnapshot& snapshot = census.snapshots[kept.snapshot];
    text += format_text("  snapshot {}  {}\n", short_id(snapshot.id), title_of(census, snapshot));
    text += keepers_text(kept);
  }
  return text;
}

nlohmann::json kept_json(const Census& census, const WhyKept& kept) {
  const CountedSnapshot& snapshot = census.snapshots[kept.snapshot];
  nlohmann::json keepers = nlohmann::json::array();
  for (const WhyKept::Keeper& keeper : kept.keepers)
    keepers.push_back({{"why", name_of(keeper.why)}, {"detail", keeper.detail}});
  return {{"id", snapshot.id.hex()}, {"requests", snapshot.labels}, {"kept_by", std::move(keepers)}};
}

std::string why_json(const Census& census, const Why& answer, const BuiltWith& built) {
  nlohmann::json snapshots = nlohmann::json::array();
  for (const WhyKept& kept : answer.snapshots) snapshots.push_back(kept_json(census, kept));
  nlohmann::json json = {{"kind", name_of(answer.subject.kind)},
                         {"subject", answer.subject.title},
                         {"packages", packages_of(census, answer)},
                         {"requests", labels_of(census, answer)},
                         {"snapshots", std::move(snapshots)}};
  if (!built.empty()) json["built_with"] = built;
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

int run_why(const Arguments& arguments) {
  if (arguments.positionals().size() != 1)
    throw Error(ErrorKind::usage, "cannot explain anything: one id, path or package must be named",
                "for example: envstore why numpy");
  const Policy policy = gc_policy(gc_settings(arguments));
  const SystemClock clock;
  Store store = Store::open(arguments.value("store"), clock);
  const Census census = take_census(store);
  const Why answer = why(census, policy, find_subject(store, census, arguments.positionals().front()));
  const BuiltWith built = built_with(store, census, answer);
  print(arguments.has("json") ? why_json(census, answer, built) : why_text(census, answer, built));
  return 0;
}

}  // namespace

const Command kWhyCommand = {
    .name = "why",
    .summary = "show what keeps a snapshot, file or package, and what depends on it",
    .page = pages::kWhy,
    .options = kOptions,
    .positionals = Positionals::any,
    .run = run_why,
};

}  // namespace envstore
