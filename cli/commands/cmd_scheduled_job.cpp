#include <fcntl.h>
#include <pwd.h>
#include <unistd.h>

#include <cstdlib>

#include "cli/commands/command.h"
#include "gc/schedule/schedule_jobs.h"
#include "gc/schedule/scheduled_job.h"
#include "store/platform/environment.h"
#include "store/platform/error.h"
#include "store/platform/files.h"
#include "store/process/process_roles.h"

namespace envstore {
namespace {

constexpr OptionSpec kOptions[] = {{"config-home", 0, "DIRECTORY", "XDG_CONFIG_HOME of the job"}};

/// Sets HOME if the scheduler did not: the policy is in the user's envstore.yaml, which is found through it.
void settle_environment(const Arguments& arguments) {
  if (variable_or_empty("HOME").empty())
    if (const passwd* user = getpwuid(geteuid()); user != nullptr) setenv("HOME", user->pw_dir, 1);
  if (arguments.has("config-home")) setenv("XDG_CONFIG_HOME", arguments.value("config-home").c_str(), 1);
}

/// The hidden command in the systemd units and crontab lines of `envstore schedule install`.
int run_job(const Arguments& arguments) {
  const auto& words = arguments.positionals();
  const auto job = words.size() == 1 ? job_arguments(words.front()) : std::nullopt;
  if (!job || !arguments.value("store").starts_with('/'))
    throw Error(ErrorKind::usage,
                "cannot run a scheduled job: its name or the store's absolute path is missing",
                "'envstore schedule install' writes what calls this command");
  settle_environment(arguments);
  std::vector<std::string> command = {read_link(AT_FDCWD, role::kOwnProgram)};
  command.insert(command.end(), job->begin(), job->end());
  command.insert(command.end(), {"--store", arguments.value("store")});
  return run_scheduled_job(arguments.value("store"), words.front(), command);
}

}  // namespace

const Command kScheduledJobCommand = {
    .name = role::kScheduledJob,
    .summary = {},
    .page = {},
    .options = kOptions,
    .positionals = Positionals::any,
    .run = run_job,
};

}  // namespace envstore
