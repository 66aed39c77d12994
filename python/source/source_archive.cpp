#include "python/source/source_archive.h"

#include "python/source/tar_archive.h"
#include "python/source/zip_source.h"
#include "store/platform/error.h"
#include "store/platform/format.h"
#include "store/platform/terminal_text.h"
#include "store/platform/text.h"

namespace envstore {

std::unique_ptr<SourceArchive> open_source_archive(std::span<const std::byte> bytes,
                                                   const std::string& filename) {
  if (to_lower(filename).ends_with(".zip")) return open_zip_source(bytes, filename);
  return open_tar_archive(bytes, filename);
}

void refuse_archive(const std::string& filename, std::string_view reason) {
  throw Error(ErrorKind::invalid_input,
              format_text("cannot unpack '{}': {}", terminal_line(filename), reason));
}

void refuse_member(const std::string& filename, std::string_view member, std::string_view reason) {
  throw Error(ErrorKind::invalid_input, format_text("cannot unpack '{}' of '{}': {}", terminal_line(member),
                                                    terminal_line(filename), reason));
}

}  // namespace envstore
