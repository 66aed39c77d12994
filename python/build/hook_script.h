#pragma once
#include <string_view>

namespace envstore {

/// The Python program (3.6 and newer) that calls one hook of a backend: `-c SCRIPT REQUEST RESULT`. Reads the
/// file REQUEST, a JSON object: `backend`, `backend_path` (absolute), `hook`, `arguments`. Writes the file
/// RESULT, as a whole or not at all, a JSON object with one of: `value` (what the hook returned: a text or a
/// list of texts), `is_missing` (the backend has no such hook), `unavailable` (the backend cannot be
/// imported: why), `outside` (where it was imported from, not from its backend-path), `raised` (of which
/// type), `odd` (the type of a value that no hook may return).
extern const std::string_view kHookScript;

}  // namespace envstore
