#pragma once
#include <atomic>
#include <span>
#include <string>

#include "python/index/index_client.h"
#include "python/network/http.h"

namespace envstore {

/// The whole file into `fd` (empty), or into memory, checked against what the index said of size and hashes.
/// Returns its size. `is_given_up`: ends it with Error{network}.
std::uint64_t download_file(HttpClient& http, const IndexFile& file, int fd, TransferObserver* observer,
                            const std::atomic<bool>& is_given_up);
std::uint64_t download_file(HttpClient& http, const IndexFile& file, std::span<std::byte> memory,
                            TransferObserver* observer, const std::atomic<bool>& is_given_up);

/// A new file without a name in the store's `tmp`, or wherever one can be had.
Fd unnamed_file(Store& store);

}  // namespace envstore
