#include "gc/schedule/crontab.h"

#include <fcntl.h>

#include <algorithm>
#include <cstdio>

#include "gc/schedule/run_command.h"
#include "store/platform/error.h"
#include "store/platform/files.h"
#include "store/platform/format.h"
#include "store/platform/text.h"
#include "store/process/process_roles.h"
#include "store/process/process_table.h"

namespace envstore {
namespace {

// do not change: regions of earlier versions are found by these lines
constexpr std::string_view kBegin = "# >>> envstore schedule >>>";
constexpr std::string_view kEnd = "# <<< envstore schedule <<<";
constexpr std::string_view kStore = "# store: ";

bool is_begin(std::string_view line) {
  return line.starts_with(kBegin);
}
bool is_end(std::string_view line) {
  return trimmed(line) == kEnd;
}

/// Removes the next line, with its newline, from `rest`, and returns it.
std::string_view take_line(std::string_view& rest) {
  const std::size_t newline = rest.find('\n');
  const std::size_t length = newline == std::string_view::npos ? rest.size() : newline + 1;
  const std::string_view line = rest.substr(0, length);
  rest.remove_prefix(length);
  return line;
}

/// Quotes a word for the shell, in the sixth field of a crontab, where cron reads a bare % as a newline.
std::string cron_word(const std::string& text) {
  std::string word = "'";
  for (const char c : text) {
    if (c == '\'')
      word += "'\\''";
    else if (c == '%')
      word += "\\%";
    else
      word += c;
  }
  return word + "'";
}

void require_expressible(const std::string& path) {
  require_one_line(path);
  // Cron implementations differ in how many of several backslashes they remove.
  if (path.find('\\') != std::string::npos)
    throw Error(ErrorKind::usage,
                format_text("cannot schedule for '{}': a crontab cannot name a path with a backslash", path));
}

std::string region_of(const ScheduleSettings& settings) {
  for (const std::string* path : {&settings.program, &settings.store}) require_expressible(*path);
  if (!settings.config_home.empty()) require_expressible(settings.config_home);
  std::string text =
      format_text("{} made by 'envstore schedule install'; 'envstore schedule remove' removes it\n{}{}\n",
                  kBegin, kStore, settings.store);
  for (const PlannedJob& job : planned_jobs(settings)) {
    const int minute = job.time.minute_of_day;
    text += format_text(
        "{} {} * * {} {} {} --store {}{} {}\n", minute % 60, minute / 60,
        job.time.every == JobTime::Every::day ? "*" : "0", cron_word(settings.program), role::kScheduledJob,
        cron_word(settings.store),
        settings.config_home.empty() ? "" : " --config-home " + cron_word(settings.config_home), job.name);
  }
  return text + std::string(kEnd) + "\n";
}

struct SplitCrontab {
  std::string before, after;
  std::optional<std::string> region;  ///< the first one; others are removed, too
};

SplitCrontab split(const std::string& crontab) {
  SplitCrontab parts;
  std::string region;
  bool is_inside = false;
  for (std::string_view rest = crontab; !rest.empty();) {
    const std::string_view line = take_line(rest);
    if (is_begin(line)) {
      if (is_inside) break;
      is_inside = true;
    }
    if (!is_inside)
      (parts.region ? parts.after : parts.before) += line;
    else
      region += line;
    if (is_inside && is_end(line)) {
      is_inside = false;
      if (!parts.region) parts.region = region;
      region.clear();
    }
  }
  if (is_inside)
    throw Error(ErrorKind::usage, format_text("cannot change the crontab: the line '{}' is missing", kEnd),
                "edit it with 'crontab -e': add that line after envstore's last one, or remove what envstore "
                "wrote there");
  return parts;
}

/// The line may have a suffix added by hand (`>/dev/null`): the job is the word after the last quoted one.
std::optional<InstalledJob> job_of(std::string_view line) {
  const std::string text(trimmed(line));
  const std::size_t quote = text.rfind("' ");
  if (text.starts_with('#') || quote == std::string::npos) return std::nullopt;
  const std::size_t start = quote + 2;
  const std::size_t end = text.find_first_not_of("abcdefghijklmnopqrstuvwxyz-", start);
  InstalledJob job{text.substr(start, end == std::string::npos ? end : end - start), std::nullopt};
  if (!job_arguments(job.name)) return std::nullopt;
  int minute = -1, hour = -1;
  char day = 0;
  if (std::sscanf(text.c_str(), "%d %d * * %c ", &minute, &hour, &day) == 3 && minute >= 0 && minute < 60 &&
      hour >= 0 && hour < 24 && (day == '*' || day == '0'))
    job.time = JobTime{hour * 60 + minute, day == '*' ? JobTime::Every::day : JobTime::Every::sunday};
  return job;
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

[[noreturn]] void throw_crontab(const char* verb, const CommandResult& result) {
  const std::string reason(trimmed(result.stderr_text.empty() ? result.output : result.stderr_text));
  throw Error(ErrorKind::io, format_text("cannot {} the crontab: {}", verb,
                                         reason.empty() ? "crontab(1) failed without a message" : reason));
}

}  // namespace

std::string with_region(const std::string& crontab, const std::optional<ScheduleSettings>& settings) {
  const SplitCrontab parts = split(crontab);
  if (!settings) return parts.before + parts.after;
  const bool ends_line = parts.before.empty() || parts.before.back() == '\n';
  return parts.before + (ends_line ? "" : "\n") + region_of(*settings) + parts.after;
}

std::optional<InstalledSchedule> find_region(const std::string& crontab) {
  const auto region = split(crontab).region;
  if (!region) return std::nullopt;
  InstalledSchedule schedule;
  for (std::string_view rest = *region; !rest.empty();) {
    const std::string_view line = trimmed(take_line(rest), "\n");
    if (line.starts_with(kStore)) schedule.store = line.substr(kStore.size());
    if (auto job = job_of(line)) schedule.jobs.push_back(std::move(*job));
  }
  return schedule;
}

std::optional<std::string> read_crontab() {
  const auto result = run_command({"crontab", "-l"});
  if (!result) return std::nullopt;
  if (result->exit_code == 0) return result->output;
  const std::string said = to_lower(result->stderr_text + result->output);
  if (contains(said, "no crontab for") || (contains(said, "can't open") && contains(said, "no such file")))
    return "";
  if (contains(said, "not allowed")) return std::nullopt;
  throw_crontab("read", *result);
}

void write_crontab(const std::string& text) {
  const bool is_empty = text.empty();
  const auto result = is_empty ? run_command({"crontab", "-r"}) : run_command({"crontab", "-"}, text);
  if (!result || result->exit_code != 0) throw_crontab("change", result.value_or(CommandResult{}));
  if (read_crontab() != text)
    throw Error(ErrorKind::io, "cannot change the crontab: crontab(1) prints another text than it was given",
                "it may have been edited at the same time: look at it with 'crontab -l', then try again");
}

/// True, too, if it cannot be known.
bool is_cron_daemon_running() try {
  constexpr std::string_view kNames[] = {"cron", "crond", "fcron", "dcron", "cronie"};
  const std::vector<pid_t> pids = other_processes();
  return std::any_of(pids.begin(), pids.end(), [&](pid_t pid) {
    const std::string name = read_process_file(pid, "comm");
    return std::find(std::begin(kNames), std::end(kNames), trimmed(name)) != std::end(kNames);
  });
} catch (const Error&) {
  return true;
}

}  // namespace envstore
