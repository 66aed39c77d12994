#pragma once
#include <optional>
#include <string>

#include "python/interpreter/interpreter.h"

namespace envstore {

/// named: the user chose this interpreter (a path, an executable's name, an active virtualenv), so a
/// free-threaded build is intended. searched: found by the search.
enum class FoundBy { named, searched };

/// Why the interpreter does not meet the request, as a phrase that follows its path; nullopt: it fits.
std::optional<std::string> why_not(const Interpreter& interpreter, const InterpreterRequest& request,
                                   const std::optional<pypackaging::SpecifierSet>& requires_python,
                                   FoundBy found_by);

/// Names of executables to look for in each directory, in order.
std::vector<std::string> executable_names(const InterpreterRequest& request);

/// `3.12` if the request allows no other minor version; nullopt otherwise.
std::optional<std::string> only_minor_version(const InterpreterRequest& request);

}  // namespace envstore
