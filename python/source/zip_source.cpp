#include "python/source/zip_source.h"

#include "zip/archive.h"

namespace envstore {
namespace {

/// A member is inflated as a whole, in memory.
constexpr std::uint64_t kLargestMember = std::uint64_t{1} << 30;
constexpr std::uint32_t kFileMode = 0644, kProgramMode = 0755;

[[noreturn]] void refuse(const std::string& filename, const zip::Error& error) {
  if (error.member()) refuse_member(filename, *error.member(), error.reason());
  refuse_archive(filename, error.reason());
}

zip::Archive open_archive(std::span<const std::byte> bytes, const std::string& filename) {
  try {
    return zip::Archive(bytes);
  } catch (const zip::Error& error) {
    refuse(filename, error);
  }
}

class ZipSource final : public SourceArchive {
 public:
  ZipSource(std::span<const std::byte> bytes, const std::string& filename)
      : filename_(filename), archive_(open_archive(bytes, filename)) {}

  bool next(ArchiveMember& member) override {
    if (next_ == archive_.members().size()) return false;
    const zip::Member& found = archive_.members()[next_++];
    member = {.name = found.name,
              .link = {},
              .kind = MemberKind::file,
              .size = found.size,
              .mode = found.executable ? kProgramMode : kFileMode,
              .mtime = 0};
    return true;
  }

  void read(const Sink& sink) override {
    const zip::Member& member = archive_.members()[next_ - 1];
    if (member.size > kLargestMember) refuse_member(filename_, member.name, "it is too large");
    try {
      const std::string content = archive_.read(member);
      sink(0, std::as_bytes(std::span(content)));
    } catch (const zip::Error& error) {
      refuse(filename_, error);
    }
  }

 private:
  const std::string filename_;
  const zip::Archive archive_;
  std::size_t next_ = 0;  ///< of the members
};

}  // namespace

std::unique_ptr<SourceArchive> open_zip_source(std::span<const std::byte> bytes,
                                               const std::string& filename) {
  return std::make_unique<ZipSource>(bytes, filename);
}

}  // namespace envstore
