#pragma once
#include <string>

#include "operation.h"

namespace pypackaging::probe {

/// Reads one line. Throws Refused, in a person's words, for what is no JSON object with an "op" that is a
/// text, and for nesting so deep that only an attacker writes it.
Json read_request(const std::string& line);

/// Checks the request's fields against those that its operation takes, and removes optional ones that are
/// null. Throws Refused with the name of the first that is missing or of the wrong type, and for an unknown
/// operation.
void check_shape(Json& request);

}  // namespace pypackaging::probe
