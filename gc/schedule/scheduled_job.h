#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace envstore {

/// The outcome of a job's last runs: logs/<job>.json in the store, replaced by rename.
struct JobRecord {
  std::int64_t started_ns = 0;  ///< of the run that began last
  std::optional<std::int64_t> ended_ns;
  std::optional<int> exit_code;
  std::string last_line;
};

/// nullopt: the job has never run, or its record cannot be read.
std::optional<JobRecord> read_job_record(const std::string& store, const std::string& job);
/// True while the job runs.
bool is_job_running(const std::string& store, const std::string& job);
std::string job_log_directory(const std::string& store);

/// Runs `command` (an absolute program and its arguments) as the job, at a lowered priority, with no input,
/// under umask 077. Its output goes to logs/<job>.log (rotated at 256 KiB; at most 128 KiB of one run), its
/// outcome to the record. What cannot be logged is reported on stderr, and the command runs nevertheless: gc
/// must run on a full disk. The error of a failed job goes to stderr, too. Returns the command's exit code,
/// 128+n for a signal; 0 without running anything if the same job is already running. Throws if there is no
/// store.
int run_scheduled_job(const std::string& store, const std::string& job,
                      const std::vector<std::string>& command);

}  // namespace envstore
