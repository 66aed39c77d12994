#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace envstore {

/// How a job's last runs went: logs/<job>.json in the store, replaced by rename.
struct JobRecord {
  std::int64_t started_ns = 0;  ///< of the run that began last
  std::optional<std::int64_t> ended_ns;
  std::optional<int> exit_code;
  std::string last_line;
};

/// nullopt: it has never run, or what is there is no record.
std::optional<JobRecord> read_job_record(const std::string& store, const std::string& job);
/// It is running now.
bool is_job_running(const std::string& store, const std::string& job);
std::string job_log_directory(const std::string& store);

/// Runs `command` (an absolute program and its arguments) as the job, at the lowest priority, without input,
/// under umask 077: what it says goes to logs/<job>.log (rotated at 256 KiB; of one run at most 128 KiB), how
/// it went to the record. What cannot be logged is told on standard error, and the command runs nevertheless:
/// a full disk is what gc is for. A job that failed says its error there, too. Returns its exit code, 128+n
/// for a signal; 0 without running anything while the same job runs already. Throws when there is no store.
int run_scheduled_job(const std::string& store, const std::string& job,
                      const std::vector<std::string>& command);

}  // namespace envstore
