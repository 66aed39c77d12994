#include "gc/schedule/scheduled_job.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <nlohmann/json.hpp>

#include "store/platform/clock.h"
#include "store/platform/error.h"
#include "store/platform/format.h"
#include "store/platform/json_number.h"
#include "store/platform/lock.h"
#include "store/platform/store_paths.h"
#include "store/process/child.h"
#include "store/process/child_output.h"
#include "store/process/priority.h"
#include "store/process/signals.h"

namespace envstore {
namespace {

constexpr std::size_t kRotatedAt = 256 << 10, kOneRun = 128 << 10, kLongestLine = 500;

std::string log_of(const std::string& job) {
  return store_paths::job_log(job);
}
std::string record_of(const std::string& job) {
  return store_paths::job_record(job);
}
std::string lock_of(const std::string& job) {
  return store_paths::job_lock(job);
}

std::int64_t now_ns() {
  return SystemClock().now().time_since_epoch().count();
}

std::string time_text(std::int64_t when_ns) {
  constexpr std::int64_t kNanoseconds = 1'000'000'000;
  const std::time_t seconds = static_cast<std::time_t>(when_ns / kNanoseconds);
  std::tm parts{};
  char text[32];
  gmtime_r(&seconds, &parts);
  return std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0 ? "" : text;
}

void complain(const std::string& text) {
  const std::string line = text + "\n";
  [[maybe_unused]] const ssize_t count = write(STDERR_FILENO, line.data(), line.size());
}

/// A record that cannot be read counts as absent: the outcome of earlier runs must not prevent this one.
std::optional<JobRecord> read_record(int root, const std::string& job) {
  constexpr std::size_t kLimit = 64 << 10;
  try {
    const auto json = nlohmann::json::parse(read_file(root, record_of(job), kLimit));
    JobRecord record;
    record.started_ns = whole_number<std::int64_t>(json.at("started_ns"));
    if (!json.at("ended_ns").is_null()) record.ended_ns = whole_number<std::int64_t>(json.at("ended_ns"));
    if (!json.at("exit").is_null()) record.exit_code = whole_number<int>(json.at("exit"));
    record.last_line = json.at("line").get<std::string>();
    return record;
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  } catch (const Error&) {
    return std::nullopt;
  }
}

void write_record(int root, const std::string& job, const JobRecord& record) {
  nlohmann::json json = {{"started_ns", record.started_ns}, {"line", record.last_line}};
  json["ended_ns"] = record.ended_ns ? nlohmann::json(*record.ended_ns) : nlohmann::json();
  json["exit"] = record.exit_code ? nlohmann::json(*record.exit_code) : nlohmann::json();
  replace_file(root, record_of(job),
               json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n", 0600);
}

/// The job's output, cut to a bound, and its most relevant line.
class Log {
 public:
  Log(int root, const std::string& job) noexcept {
    try {
      const std::string path = log_of(job);
      make_directory_if_missing(root, store_paths::kLogs, 0700);
      if (const auto stamp = stat_at(root, path, Links::do_not_follow); stamp && stamp->size > kRotatedAt)
        rename_at(root, path, root, path + ".1");
      fd_ = open_file(root, path, O_WRONLY | O_CREAT | O_APPEND, 0600);
    } catch (const std::exception& error) {
      lose(error);
    }
  }

  void add(std::string_view text) {
    note_lines(text);
    const std::size_t kept = std::min(text.size(), kOneRun - written_);
    cut_ += text.size() - kept;
    written_ += kept;
    write(text.substr(0, kept));
  }

  void close(int exit_code) {
    note_lines("\n");
    if (cut_ > 0) write(format_text("\n... and {} bytes more\n", cut_));
    write(format_text("--- {} exit {}\n", time_text(now_ns()), exit_code));
  }

  /// Not subject to the bound, which applies to the job's output only.
  void write(std::string_view text) noexcept {
    if (!fd_) return;
    try {
      write_all(fd_.get(), std::as_bytes(std::span(text)), "the log");
    } catch (const std::exception& error) {
      lose(error);
    }
  }

  const std::string& line_that_matters(int exit_code) const {
    return exit_code != 0 && !error_line_.empty() ? error_line_ : last_line_;
  }

 private:
  void lose(const std::exception& error) noexcept {
    complain(std::string("envstore: the job runs without a log: ") + error.what());
    fd_ = Fd();
  }

  void note_lines(std::string_view text) {
    for (const char c : text) {
      if (c != '\n') {
        if (line_.size() < kLongestLine) line_ += c;
        continue;
      }
      if (line_.starts_with("error: ")) error_line_ = line_;
      if (!line_.empty()) last_line_ = line_;
      line_.clear();
    }
  }

  Fd fd_;
  std::size_t written_ = 0, cut_ = 0;
  std::string line_, last_line_, error_line_;
};

/// Runs the command with its output in the log. Waits for the job, not for the end of its output: its
/// background processes may hold the pipe open. Returns the exit code.
int run_logged(const std::vector<std::string>& command, Log& log) {
  PipeEnds output = make_pipe();
  ChildProcess child = spawn({.arguments = command,
                              .input = kNullDevice,
                              .output = to_descriptor(output.writer.get()),
                              .error_output = to_descriptor(output.writer.get()),
                              .signal_mask = no_signals(),
                              .dispositions = Dispositions::defaults});
  output.writer = Fd();
  std::vector<ReadStream> streams;
  streams.push_back({std::move(output.reader), [&](std::string_view piece) {
                       log.add(piece);
                       return true;
                     }});
  read_output(child, streams, std::nullopt);
  const std::optional<int> status = child.wait();
  return status ? exit_code_of(*status) : 1;
}

/// Resets what the starting process may have left: umask, signal dispositions, closed standard descriptors.
void settle_process() {
  umask(077);
  (void)std::signal(SIGCHLD, SIG_DFL);
  (void)std::signal(SIGPIPE, SIG_IGN);
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    // Opens the lowest free number, which is this one.
    if (fcntl(fd, F_GETFD) < 0) open("/dev/null", O_RDWR);
  [[maybe_unused]] const int moved = chdir("/");
  lower_priority();
}

Fd open_store(const std::string& store) {
  // The path of the store may contain symbolic links.
  if (stat_at(AT_FDCWD, store + "/" + store_paths::kFormatFile, Links::do_not_follow))
    return open_directory(AT_FDCWD, store + "/.");
  throw Error(ErrorKind::not_found, format_text("cannot run the job: there is no store at '{}'", store),
              "mount its disk, or install the schedule again for the store that you use");
}

void note(int root, const std::string& job, const JobRecord& record) noexcept {
  try {
    write_record(root, job, record);
  } catch (const std::exception& error) {
    complain(std::string("envstore: how the job went cannot be noted: ") + error.what());
  }
}

/// nullopt and not `runs_already`: a store that cannot be written to has no lock either.
std::optional<FileLock> lock_job(int root, const std::string& job, bool& runs_already) {
  try {
    auto lock = FileLock::attempt(root, lock_of(job), LockMode::exclusive);
    runs_already = !lock;
    return lock;
  } catch (const Error& error) {
    complain(std::string("envstore: ") + error.what());
    return std::nullopt;
  }
}

int run_noted(int root, const std::string& job, const std::vector<std::string>& command) {
  JobRecord record = read_record(root, job).value_or(JobRecord{});
  Log log(root, job);
  record.started_ns = now_ns();
  note(root, job, record);
  log.write(format_text("--- {} envstore {}\n", time_text(record.started_ns), job));
  int exit_code = 1;
  try {
    exit_code = run_logged(command, log);
  } catch (const Error& error) {
    log.add(format_text("error: {}\n", error.what()));
  }
  log.close(exit_code);
  record.ended_ns = now_ns();
  record.exit_code = exit_code;
  record.last_line = log.line_that_matters(exit_code);
  note(root, job, record);
  if (exit_code != 0) complain(format_text("envstore: the job {} failed: {}", job, record.last_line));
  return exit_code;
}

}  // namespace

std::string job_log_directory(const std::string& store) {
  return store + "/" + store_paths::kLogs;
}

std::optional<JobRecord> read_job_record(const std::string& store, const std::string& job) {
  if (!stat_at(AT_FDCWD, store, Links::follow)) return std::nullopt;
  return read_record(open_directory(AT_FDCWD, store + "/.").get(), job);
}

bool is_job_running(const std::string& store, const std::string& job) {
  const auto fd = try_open_file(AT_FDCWD, store + "/" + lock_of(job), O_RDONLY | O_NONBLOCK);
  return fd && !is_lock_free(fd->get(), 0);
}

int run_scheduled_job(const std::string& store, const std::string& job,
                      const std::vector<std::string>& command) {
  settle_process();
  const Fd root = open_store(store);
  bool runs_already = false;
  const std::optional<FileLock> lock = lock_job(root.get(), job, runs_already);
  return runs_already ? 0 : run_noted(root.get(), job, command);
}

}  // namespace envstore
