#include "python/interpreter/fitness.h"
#include "store/platform/format.h"

namespace envstore {
namespace {

using pypackaging::Version;

constexpr int kOldestMinor = 8, kNewestMinor = 20;  // range of the python3.X names to search

std::optional<Version> version_of(const Interpreter& interpreter) {
  std::string text = interpreter.version;
  if (text.ends_with('+')) text.pop_back();  // `3.13.0+`: built from a source checkout
  auto version = Version::parse(text);
  if (!version) return std::nullopt;
  return std::move(*version);
}

/// A release candidate of 3.14 meets `>=3.14`, as its users expect.
bool meets(const pypackaging::SpecifierSet& wanted, const Version& version) {
  if (wanted.matches(version)) return true;
  const auto base = Version::parse(version.base_version());
  return base && wanted.matches(*base);
}

std::string wanted_text(const InterpreterRequest& request) {
  const std::string versions = request.versions.canonical();
  return versions.empty() ? request.text : versions;
}

}  // namespace

std::optional<std::string> why_not(const Interpreter& interpreter, const InterpreterRequest& request,
                                   const std::optional<pypackaging::SpecifierSet>& requires_python,
                                   FoundBy found_by) {
  const auto version = version_of(interpreter);
  if (!version) return format_text("has the version '{}', which is none", interpreter.version);
  if (interpreter.major != 3 || interpreter.minor < kOldestMinor)
    return format_text("is {}, and envstore needs 3.{} or newer", interpreter.version, kOldestMinor);
  if (interpreter.cache_tag.empty()) return "has no cache tag, so that its bytecode has no name";
  const bool is_version = request.kind == InterpreterRequest::Kind::version;
  if (is_version && !meets(request.versions, *version))
    return format_text("is {}, not {}", interpreter.version, wanted_text(request));
  if (!request.implementation.empty() && interpreter.implementation != request.implementation)
    return format_text("is {}, not {}", interpreter.implementation, request.implementation);
  if (request.free_threaded && *request.free_threaded != interpreter.free_threaded)
    return *request.free_threaded ? "is not free-threaded" : "is free-threaded";
  if (!request.free_threaded && interpreter.free_threaded && found_by == FoundBy::searched)
    return format_text("is free-threaded, which was not requested (write {}.{}t)", interpreter.major,
                       interpreter.minor);
  if (requires_python && !meets(*requires_python, *version))
    return format_text("is {}", interpreter.version);  // the message already names the requirement
  return std::nullopt;
}

std::optional<std::string> only_minor_version(const InterpreterRequest& request) {
  for (const pypackaging::Specifier& clause : request.versions.clauses()) {
    const bool is_pin =
        clause.op() == pypackaging::Operator::equal || clause.op() == pypackaging::Operator::compatible;
    if (!is_pin || !clause.version()) continue;
    const auto release = clause.version()->release();
    const bool needs_patch = clause.op() == pypackaging::Operator::compatible;  // ~=3.11 also allows 3.12
    if (release.size() >= (needs_patch ? 3U : 2U)) return format_text("{}.{}", release[0], release[1]);
  }
  return std::nullopt;
}

std::vector<std::string> executable_names(const InterpreterRequest& request) {
  if (request.kind == InterpreterRequest::Kind::executable_name) return {request.text};
  std::vector<std::string> names;
  const auto minor = only_minor_version(request);
  const std::string suffix = request.free_threaded.value_or(false) ? "t" : "";
  const bool has_own_name = !request.implementation.empty() && request.implementation != "cpython";
  if (has_own_name && minor) names.push_back(request.implementation + *minor);
  if (has_own_name) names.insert(names.end(), {request.implementation + "3", request.implementation});
  if (minor) names.push_back("python" + *minor + suffix);
  names.insert(names.end(), {"python3" + suffix, "python" + suffix});
  if (!suffix.empty()) names.insert(names.end(), {"python3", "python"});
  if (!minor)
    for (int number = kNewestMinor; number >= kOldestMinor; --number)
      names.push_back(format_text("python3.{}{}", number, suffix));
  return names;
}

}  // namespace envstore
