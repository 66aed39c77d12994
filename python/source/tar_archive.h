#pragma once
#include "python/source/source_archive.h"

namespace envstore {

/// A tar archive (ustar, pax, GNU), compressed by gzip, bzip2, xz or not at all. Loads the module that holds
/// libarchive at the first call. Throws Error{unsupported} if the module cannot be loaded.
std::unique_ptr<SourceArchive> open_tar_archive(std::span<const std::byte> bytes,
                                                const std::string& filename);

}  // namespace envstore
