#pragma once
#include <string>

#include "store/snapshots/derived_files.h"

namespace envstore {

/// .pyc files as CPython's importlib names and checks them (PEP 3147, 488, 552). Magic numbers are the
/// makers; the hash is SipHash-1-3 since CPython 3.11, SipHash-2-4 before.
class PycFiles : public DerivedFiles {
 public:
  /// `six.cpython-311.pyc`, `six.cpython-311.opt-1.pyc` -> `six`. Module names may hold dots, tags do not.
  std::optional<std::string> source_of(std::string_view name) const override;
  bool is_unfinished(std::string_view name) const override;
  std::optional<Origin> origin_of(std::span<const std::byte> bytes) const override;
  bool is_hash(std::uint64_t hash, std::uint32_t maker, std::span<const std::byte> bytes) const override;
};

/// `a/six.py` -> `six.cpython-311.pyc`
std::string pyc_name(const std::string& source, const std::string& cache_tag);

}  // namespace envstore
