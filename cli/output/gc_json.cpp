#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "cli/output/gc_report.h"
#include "cli/output/listing.h"

namespace envstore {
namespace {

using Json = nlohmann::json;

Json snapshot_json(const CountedSnapshot& snapshot) {
  Json json = {{"id", snapshot.id.hex()},
               {"made_at", time_text(snapshot.made_at_ns)},
               {"last_use", nullptr},
               {"requests", snapshot.labels}};
  if (snapshot.last_use_ns) json["last_use"] = time_text(*snapshot.last_use_ns);
  return json;
}

std::string outcome_of(const GcView& view, std::uint32_t position) {
  const auto& taken_back = view.report.taken_back;
  const auto& in_use = view.report.still_in_use;
  const auto& left = view.report.left;
  if (view.is_dry_run) return "planned";
  if (std::find(left.begin(), left.end(), position) != left.end()) return "left";
  if (std::find(taken_back.begin(), taken_back.end(), position) != taken_back.end()) return "taken-back";
  const bool is_used = std::any_of(in_use.begin(), in_use.end(),
                                   [&](const GcReport::StillInUse& use) { return use.snapshot == position; });
  return is_used ? "in-use" : "removed";
}

Json going_json(const GcView& view) {
  Json list = Json::array();
  for (const GoingSnapshot& going : view.report.plan.going) {
    Json json = snapshot_json(view.report.census.snapshots[going.snapshot]);
    json["why"] = name_of(going.why);
    json["freed_bytes"] = going.freed_bytes;
    json["outcome"] = outcome_of(view, going.snapshot);
    list.push_back(std::move(json));
  }
  return list;
}

Json kept_json(const GcView& view) {
  const std::vector<std::uint64_t> own = own_bytes(view.report.census);
  Json list = Json::array();
  for (const KeptSnapshot& kept : view.report.plan.kept) {
    Json json = snapshot_json(view.report.census.snapshots[kept.snapshot]);
    json["why"] = name_of(kept.why);
    json["detail"] = kept.detail;
    json["own_bytes"] = own[kept.snapshot];
    list.push_back(std::move(json));
  }
  return list;
}

Json in_use_json(const GcReport& report) {
  Json list = Json::array();
  for (const auto& use : report.still_in_use)
    list.push_back({{"id", report.census.snapshots[use.snapshot].id.hex()},
                    {"pid", use.by.pid},
                    {"command", use.by.command},
                    {"evidence", use.by.evidence}});
  return list;
}

}  // namespace

std::string gc_json(const GcView& view) {
  const GcReport& report = view.report;
  Json missed = Json::array();
  for (const MissedCap& cap : report.plan.missed)
    missed.push_back({{"cap", name_of(cap.cap)}, {"missing_bytes", cap.missing_bytes}});
  const Json json = {{"dry_run", view.is_dry_run},
                     {"another_at_work", report.another_at_work},
                     {"bytes_before", report.plan.bytes_before},
                     {"bytes_after", report.plan.bytes_after},
                     {"going", going_json(view)},
                     {"kept", kept_json(view)},
                     {"in_use", in_use_json(report)},
                     {"unused_packages", report.plan.unused_trees.size()},
                     {"left_packages", report.left_trees},
                     {"missed", std::move(missed)},
                     {"ages_skipped", report.plan.ages_skipped},
                     {"times_ahead", report.census.times_ahead},
                     {"min_free_out_of_reach", report.plan.is_min_free_out_of_reach},
                     {"unknown_leases", report.census.unknown_leases},
                     {"stray_leases", report.census.stray_leases},
                     {"removed",
                      {{"snapshots", report.deleted_snapshots},
                       {"packages", report.deleted_trees},
                       {"files", report.deleted_blobs},
                       {"bytes", report.freed_bytes},
                       {"leases", report.removed_leases},
                       {"leftovers", report.removed_leftovers}}},
                     {"failures", report.failures}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace envstore
