#include "python/build/hook.h"

#include <fcntl.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "python/build/hook_script.h"
#include "store/platform/error.h"
#include "store/platform/format.h"
#include "store/platform/terminal_text.h"
#include "store/process/child.h"
#include "store/process/child_output.h"
#include "store/process/contained.h"

namespace envstore {
namespace {

using Json = nlohmann::json;
using Kind = HookFailure::Kind;

constexpr std::size_t kLargestResult = std::size_t{4} << 20;
constexpr mode_t kPrivateFile = 0600, kPrivateFolder = 0700;
constexpr std::string_view kTemporary = "TMPDIR=", kEncoding = "PYTHONIOENCODING=";

Json as_json(const HookCall::Argument& argument) {
  if (const auto* text = std::get_if<std::string>(&argument)) return *text;
  const auto* settings = std::get_if<ConfigSettings>(&argument);
  if (settings == nullptr || settings->empty()) return nullptr;
  Json object = Json::object();
  for (const auto& [key, values] : *settings)
    object[key] = values.size() == 1 ? Json(values.front()) : Json(values);
  return object;
}

/// The names of files may be any bytes: JSON has only text, of which Python makes bytes again by its own
/// rule.
std::string request_of(const HookCall& call, const HookPlace& place) try {
  Json folders = Json::array(), arguments = Json::array();
  for (const std::string& folder : place.system.backend_path)
    folders.push_back(place.source_directory + "/" + folder);
  for (const HookCall::Argument& argument : call.arguments) arguments.push_back(as_json(argument));
  return Json{{"backend", place.system.backend},
              {"backend_path", folders},
              {"hook", call.name},
              {"arguments", arguments}}
      .dump();
} catch (const Json::exception&) {
  throw Error(ErrorKind::invalid_input,
              format_text("cannot call {}: a path or a setting is not in UTF-8", terminal_line(call.name)));
}

HookFailure failure_of_end(std::optional<int> status) {
  if (!status) return {Kind::ended, "its exit status is unknown"};
  if (WIFSIGNALED(*status)) return {Kind::ended, format_text("it was ended by signal {}", WTERMSIG(*status))};
  return {Kind::ended, format_text("it ended with exit code {} and no result", WEXITSTATUS(*status))};
}

std::string text_in(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? terminal_line(found->get<std::string>()) : "";
}

HookResult result_of(const Json& object) {
  if (object.contains("value")) {
    const Json& value = object["value"];
    if (value.is_string()) return HookValue(value.get<std::string>());
    return HookValue(value.get<std::vector<std::string>>());
  }
  if (object.contains("is_missing")) return HookMissing();
  if (object.contains("unavailable"))
    return HookFailure{Kind::no_backend, "it cannot be imported: " + text_in(object, "unavailable")};
  if (object.contains("outside"))
    return HookFailure{Kind::no_backend, "its backend-path does not hold it: it was imported from '" +
                                             text_in(object, "outside") + "'"};
  if (const auto status = object.find("exited"); status != object.end() && status->is_number_integer())
    return HookFailure{Kind::raised, format_text("it exited with status {}", status->get<std::int64_t>())};
  if (object.contains("raised")) return HookFailure{Kind::raised, "it raised " + text_in(object, "raised")};
  return HookFailure{Kind::bad_value, "it returned a value of the type " + text_in(object, "odd")};
}

/// Whatever the process left as its result: the backend can write there, too.
HookResult read_result(const std::string& path, std::optional<int> status) {
  const auto facts = stat_at(AT_FDCWD, path, Links::do_not_follow);
  if (!facts || (status && WIFSIGNALED(*status))) return failure_of_end(status);
  try {
    if (!facts->is_regular() || facts->size > kLargestResult) throw std::length_error("too large");
    return result_of(Json::parse(read_file(AT_FDCWD, path, kLargestResult)));
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception&) {
    return HookFailure{Kind::bad_value, "its result cannot be read"};
  }
}

struct HookEnd {
  OutputEnd output;
  std::optional<int> status;
};

HookEnd run_process(ChildSpec spec, const HookPlace& place, BuildLog& log) {
  PipeEnds ends = make_pipe();
  spec.output = spec.error_output = to_descriptor(ends.writer.get());
  ContainedProcess process(std::move(spec));
  ends.writer = Fd();
  if (process.error_number() != 0) throw_errno(process.error_number(), "start", place.environment.python());
  std::vector<ReadStream> streams;
  streams.push_back({std::move(ends.reader), [&](std::string_view piece) {
                       log.add(piece);
                       return true;
                     }});
  ChildProcess::Deadline deadline;
  if (place.time_limit) deadline = std::chrono::steady_clock::now() + *place.time_limit;
  const OutputEnd output = read_output(process.supervisor(), streams, deadline);
  process.end();
  return {output, process.wait()};
}

}  // namespace

std::vector<std::string> hook_environment(std::vector<std::string> variables, const std::string& temporary) {
  std::erase_if(variables, [](const std::string& variable) { return variable.starts_with(kTemporary); });
  variables.push_back(std::string(kTemporary) + temporary);
  const auto is_encoding = [](const std::string& variable) { return variable.starts_with(kEncoding); };
  if (std::none_of(variables.begin(), variables.end(), is_encoding))
    variables.push_back(std::string(kEncoding) + "utf-8:backslashreplace");
  return variables;
}

HookResult run_hook(const HookCall& call, const HookPlace& place, BuildLog& log) {
  const std::string request = place.work_directory + "/request.json";
  const std::string result = place.work_directory + "/result.json";
  const std::string temporary = place.work_directory + "/tmp";
  (void)make_directory_if_missing(AT_FDCWD, temporary, kPrivateFolder);
  remove_tree(AT_FDCWD, result);
  remove_tree(AT_FDCWD, request);
  create_file(AT_FDCWD, request, request_of(call, place), kPrivateFile);
  // Unbuffered: output of the hook and of the programs that it starts stays in order, and none is lost.
  const HookEnd end = run_process(
      {.arguments = {place.environment.python(), "-u", "-c", std::string(kHookScript), request, result},
       .environment = hook_environment(place.environment.environment(), temporary),
       .input = kNullDevice,
       .directory = place.source_directory},
      place, log);
  if (end.output == OutputEnd::out_of_time)
    return HookFailure{Kind::timed_out, format_text("it did not end within {} s", place.time_limit->count())};
  return read_result(result, end.status);
}

}  // namespace envstore
