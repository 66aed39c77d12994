#pragma once
#include <atomic>
#include <span>
#include <string>

#include "python/index/index_client.h"
#include "python/network/http.h"

namespace envstore {

/// Downloads the whole file into `fd` (empty) or memory and checks it against the size and hashes from the
/// package index. Returns its size. Setting `is_given_up` cancels it with Error{network}.
std::uint64_t download_file(HttpClient& http, const IndexFile& file, int fd, TransferObserver* observer,
                            const std::atomic<bool>& is_given_up);
std::uint64_t download_file(HttpClient& http, const IndexFile& file, std::span<std::byte> memory,
                            TransferObserver* observer, const std::atomic<bool>& is_given_up);

/// A new unnamed file in the store's `tmp`, or in memory if that fails.
Fd unnamed_file(const StoreReader& store);

}  // namespace envstore
