#pragma once
#include <string>

#include "python/index/index_client.h"
#include "python/network/http.h"

namespace envstore {

/// The whole file into `fd` (empty, at `path` for messages), checked against what the index said of size and
/// SHA-256.
void download_file(HttpClient& http, const IndexFile& file, int fd, TransferObserver* observer);

/// Error{invalid_input} if `bytes` do not have the SHA-256 among `hashes` (none there: nothing is checked).
void check_hash(std::string_view bytes, const std::map<std::string, std::string>& hashes,
                const std::string& what);

}  // namespace envstore
