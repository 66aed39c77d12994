#pragma once
#include "python/source/source_archive.h"

namespace envstore {

/// A ZIP archive, by the rules of zip::Archive, which refuses links and special files itself.
std::unique_ptr<SourceArchive> open_zip_source(std::span<const std::byte> bytes, const std::string& filename);

}  // namespace envstore
