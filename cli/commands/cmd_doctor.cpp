
#include <nlohmann/json.hpp>

#include "cli/commands/command.h"
#include "cli/commands/pages.h"
#include "cli/output/findings.h"
#include "cli/output/print.h"
#include "store/platform/format.h"

namespace envstore {
namespace {

constexpr OptionSpec kOptions[] = {{"json", 0, {}, "print as JSON"}};

const char* name_of(Finding::Verdict verdict) {
  switch (verdict) {
    case Finding::Verdict::good:
      return "ok";
    case Finding::Verdict::note:
      return "note";
    case Finding::Verdict::problem:
      return "problem";
  }
  return "problem";
}

void append(std::vector<Finding>& all, std::vector<Finding> more) {
  for (Finding& finding : more) all.push_back(std::move(finding));
}

std::vector<Finding> examine_everything(const Arguments& arguments) {
  const std::string root =
      arguments.has("store") ? absolute_path(arguments.value("store")) : Store::default_root();
  std::vector<Finding> findings = examine_place(root);
  const SystemClock clock;
  try {
    Store store = Store::open(root, clock);
    store.index().read();
    findings.push_back(
        {Finding::Verdict::good, format_text("store: {}", root),
         store.is_read_only() ? "read-only: runs what is there" : "opens and its index reads"});
    append(findings, examine_interpreters(store));
    const ConfigurationFiles files = find_configuration_files({.directory = current_directory()});
    append(findings, examine_network(store, merged_settings(arguments, {}, files)));
  } catch (const Error& error) {
    findings.push_back(
        {Finding::Verdict::problem, error.what(), "the rest could not be looked at", error.hint()});
  }
  return findings;
}

std::string findings_json(const std::vector<Finding>& findings) {
  auto array = nlohmann::json::array();
  for (const Finding& finding : findings)
    array.push_back({{"verdict", name_of(finding.verdict)},
                     {"what", finding.what},
                     {"meaning", finding.meaning},
                     {"advice", finding.advice}});
  return array.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::string findings_text(const std::vector<Finding>& findings) {
  std::string text;
  for (const Finding& finding : findings) {
    text += format_text("{:<8} {}\n         {}\n", name_of(finding.verdict), finding.what, finding.meaning);
    if (!finding.advice.empty()) text += format_text("         do: {}\n", finding.advice);
  }
  return text;
}

int run_doctor(const Arguments& arguments) {
  const std::vector<Finding> findings = examine_everything(arguments);
  print(arguments.has("json") ? findings_json(findings) : findings_text(findings));
  for (const Finding& finding : findings)
    if (finding.verdict == Finding::Verdict::problem) return 1;
  return 0;
}

}  // namespace

const Command kDoctorCommand = {
    .name = "doctor",
    .summary = "check what envstore needs, and explain problems",
    .page = pages::kDoctor,
    .options = kOptions,
    .positionals = Positionals::none,
    .run = run_doctor,
};

}  // namespace envstore
