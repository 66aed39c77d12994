#include "python/provision/choose_interpreter.h"

#include "python/launch/environment.h"
#include "store/platform/environment.h"
#include "store/platform/error.h"
#include "store/platform/home.h"

namespace envstore {
namespace {

using pypackaging::SpecifierSet;

/// `==3.12` means 3.12.0 alone, but authors of scripts mean 3.12.*, and uv runs it so.
std::optional<SpecifierSet> widened(const std::optional<SpecifierSet>& requires_python) {
  if (!requires_python || requires_python->clauses().size() != 1) return requires_python;
  const pypackaging::Specifier& only = requires_python->clauses().front();
  const bool is_short = only.op() == pypackaging::Operator::equal && !only.is_prefix_match() &&
                        only.version() && only.version()->canonical() == only.version()->base_version() &&
                        only.version()->release().size() <= 2;
  if (!is_short) return requires_python;
  auto wide = SpecifierSet::parse(requires_python->canonical() + ".*");
  return wide ? std::optional(std::move(*wide)) : requires_python;
}

void warn_of_widening(const std::optional<SpecifierSet>& requires_python, const Interpreter& interpreter,
                      Progress& progress) {
  const auto version = pypackaging::Version::parse(interpreter.version);
  if (!requires_python || !version || requires_python->matches(*version)) return;
  const std::string wanted = requires_python->canonical();
  if (widened(requires_python)->canonical() == wanted) return;
  progress.warning("requires-python is '" + wanted + "', which is " + wanted.substr(2) +
                   ".0 alone; it runs with " + interpreter.version + ": write '" + wanted +
                   ".*' for all of that version");
}

/// The request of the first valid line of the version file; warns of the invalid lines before it.
std::optional<InterpreterRequest> request_of(const PythonVersionFile& file, const std::string& home,
                                             Progress& progress) {
  for (const std::string& line : file.lines) {
    if (auto request = version_file_request(line, file.path, home)) return request;
    if (line != "system")  // pyenv's name for the Python on PATH
      progress.warning("'" + line + "' in '" + file.path +
                       "' is no version of Python that is known, and ignored");
  }
  return std::nullopt;
}

Discovery discover(StoreWriter& store, DiscoveryInputs inputs,
                   const std::optional<PythonVersionFile>& version_file, Progress& progress) {
  const auto from_file = version_file ? request_of(*version_file, inputs.home, progress) : std::nullopt;
  if (!from_file) return InterpreterFinder(store).find(inputs);
  inputs.request = *from_file;
  try {
    return InterpreterFinder(store).find(inputs);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::not_found || !inputs.requires_python) throw;
  }
  progress.warning("'" + version_file->path + "' requires Python " + from_file->text +
                   ", which does not go with the script's requires-python; it is not looked at");
  inputs.request = InterpreterRequest();
  return InterpreterFinder(store).find(inputs);
}

}  // namespace

Discovery choose_interpreter(StoreWriter& store, const Request& request, std::function<void()> before_probe,
                             Progress& progress) {
  DiscoveryInputs inputs;
  inputs.before_probe = std::move(before_probe);
  inputs.requires_python = widened(request.script.requires_python);
  inputs.path_variable = without_runs(variable_or_empty("PATH"), store);
  inputs.virtual_env = request.words.isolated ? "" : variable_or_empty("VIRTUAL_ENV");
  // Inside another run, that run's environment is not the user's choice.
  if (is_inside_runs(inputs.virtual_env, store)) inputs.virtual_env.clear();
  inputs.home = home_directory();
  inputs.preference = request.settings.python_preference;
  inputs.request = InterpreterRequest::parse(request.words.python);
  Discovery discovery = discover(
      store, inputs, request.words.python.empty() ? request.key.python_version_file : std::nullopt, progress);
  warn_of_widening(request.script.requires_python, discovery.interpreter, progress);
  return discovery;
}

}  // namespace envstore
