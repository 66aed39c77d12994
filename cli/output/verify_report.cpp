#include "cli/output/verify_report.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/output/phrases.h"
#include "cli/output/progress.h"
#include "store/platform/format.h"

namespace envstore {
namespace {

using Outcome = DamageFound::Outcome;

const char* name_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::left:
      return "left";
    case Outcome::repaired:
      return "repaired";
    case Outcome::set_aside:
      return "set-aside";
  }
  return "left";
}

constexpr std::size_t kMostLines = 8;

/// Lines such as `package   numpy 2.1.0`, at most kMostLines, then the number of the others.
void add_lines(std::string& text, const char* what, const std::vector<std::string>& values) {
  for (std::size_t i = 0; i < std::min(values.size(), kMostLines); ++i)
    text += format_text("  {:<9} {}\n", what, values[i]);
  if (values.size() > kMostLines)
    text += format_text("  {:<9} and {} more\n", "", values.size() - kMostLines);
}

std::vector<std::string> short_ids(const std::vector<SnapshotId>& ids) {
  std::vector<std::string> texts;
  for (const SnapshotId& id : ids) texts.push_back(short_id(id));
  return texts;
}

std::vector<std::string> process_lines(const DamageFound& damage) {
  std::vector<std::string> lines;
  for (const ProcessUse& process : damage.affected.processes)
    lines.push_back(format_text("{} {} (restart it)", process.pid, process.command));
  return lines;
}

std::string damage_text(const DamageFound& damage) {
  std::string text = format_text("{}: {}\n", name_of(damage.damage), damage.path);
  if (!damage.detail.empty()) text += format_text("  {}\n", damage.detail);
  add_lines(text, "package", damage.affected.packages);
  add_lines(text, "snapshot", short_ids(damage.affected.snapshots));
  add_lines(text, "made for", damage.affected.requests);
  add_lines(text, "kept by", damage.affected.roots);
  add_lines(text, "runs", process_lines(damage));
  if (damage.outcome != Outcome::left)
    text += format_text("  {}: {}\n", damage.outcome == Outcome::repaired ? "repaired" : "set aside",
                        damage.outcome_detail);
  return text;
}

/// Files that verify drops without counting them as damage.
std::string dropped_text(const VerifyReport& report) {
  std::string text;
  if (report.foreign_bytecode > 0)
    text += format_text("{} in folders of bytecode that envstore did not put there{}.\n",
                        counted(report.foreign_bytecode, "file"),
                        report.is_foreign_bytecode_dropped ? ": dropped" : "; the store is read-only");
  if (report.spares_dropped > 0)
    text += format_text("{} kept for reuse had been changed: dropped.\n",
                        counted(report.spares_dropped, "run folder"));
  return text;
}

nlohmann::json damage_json(const DamageFound& damage) {
  using Json = nlohmann::json;
  Json snapshots = Json::array(), processes = Json::array();
  for (const SnapshotId& id : damage.affected.snapshots) snapshots.push_back(id.hex());
  for (const ProcessUse& process : damage.affected.processes)
    processes.push_back({{"pid", process.pid}, {"command", process.command}, {"evidence", process.evidence}});
  return {{"damage", name_of(damage.damage)},
          {"path", damage.path},
          {"detail", damage.detail},
          {"blob", damage.blob ? Json(damage.blob->hex()) : Json()},
          {"tree", damage.tree ? Json(damage.tree->hex()) : Json()},
          {"snapshot", damage.snapshot ? Json(damage.snapshot->hex()) : Json()},
          {"packages", damage.affected.packages},
          {"snapshots", std::move(snapshots)},
          {"requests", damage.affected.requests},
          {"roots", damage.affected.roots},
          {"processes", std::move(processes)},
          {"outcome", name_of(damage.outcome)},
          {"outcome_detail", damage.outcome_detail}};
}

}  // namespace

std::string verify_text(const VerifyReport& report, const std::optional<RebuildReport>& rebuilt) {
  std::string text;
  if (rebuilt) {
    text += format_text("The index knows again {}, {} and {}.\n", counted(rebuilt->trees, "tree"),
                        counted(rebuilt->snapshots, "snapshot"), counted(rebuilt->requests, "request"));
    for (const std::string& skipped : rebuilt->skipped) text += format_text("  left out: {}\n", skipped);
  }
  std::size_t repaired = 0;
  for (const DamageFound& damage : report.found) {
    text += damage_text(damage);
    repaired += damage.outcome == Outcome::repaired ? 1 : 0;
  }
  text += format_text("{} looked at, {} hashed ({}): ", counted(report.files_looked_at, "file"),
                      report.files_hashed, describe_bytes(report.bytes_hashed));
  if (report.found.empty()) {
    text += "nothing is damaged.\n";
  } else {
    text += format_text("{} damaged", report.found.size());
    text += repaired == 0 ? ".\n" : format_text(", {} repaired.\n", repaired);
  }
  return text + dropped_text(report);
}

std::string verify_json(const VerifyReport& report, const std::optional<RebuildReport>& rebuilt) {
  nlohmann::json found = nlohmann::json::array();
  for (const DamageFound& damage : report.found) found.push_back(damage_json(damage));
  nlohmann::json json = {{"clean", report.is_clean()},
                         {"found", std::move(found)},
                         {"files_looked_at", report.files_looked_at},
                         {"files_hashed", report.files_hashed},
                         {"bytes_hashed", report.bytes_hashed},
                         {"stamps_renewed", report.stamps_renewed},
                         {"foreign_bytecode", report.foreign_bytecode},
                         {"spares_dropped", report.spares_dropped},
                         {"rebuilt", nullptr}};
  if (rebuilt)
    json["rebuilt"] = {{"trees", rebuilt->trees},
                       {"snapshots", rebuilt->snapshots},
                       {"requests", rebuilt->requests},
                       {"skipped", rebuilt->skipped}};
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace envstore
