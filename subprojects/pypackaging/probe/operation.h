#pragma once
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>

#include "../src/standards/quote.h"

namespace pypackaging::probe {

using Json = nlohmann::json;

/// Foreign text for a message, as the library itself quotes it.
inline std::string shown(std::string_view text) {
  return pypackaging::quote(text);
}

/// Thrown by an operation for input that it refuses; becomes {"ok":false,"error":TEXT}.
struct Refused : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// From a request to its answer. The request's fields have been checked (request.cpp): required ones are
/// there, and all are of their type; an optional one that was null is not there. "ok":true is added by the
/// caller unless the answer has an "ok" of its own.
using Operation = std::function<Json(const Json& request)>;
using Operations = std::map<std::string, Operation>;

void add_standards_operations(Operations& operations);
void add_formats_operations(Operations& operations);
void add_resolver_operations(Operations& operations);

}  // namespace pypackaging::probe
