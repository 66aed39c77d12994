#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace envstore {

enum class MemberKind { file, directory, symbolic_link, hard_link, special };

/// One member of a source archive, as the archive has it: nothing is checked.
struct ArchiveMember {
  std::string name;
  std::string link;  ///< the target of a link
  MemberKind kind = MemberKind::special;
  std::uint64_t size = 0;
  std::uint32_t mode = 0;  ///< permission bits
  std::int64_t mtime = 0;  ///< seconds since 1970; 0: unknown
};

/// A source archive, read member by member. The bytes must outlive it. Throws Error{invalid_input}.
class SourceArchive {
 public:
  /// Takes a stretch of the content at its offset; what is left out is zeros.
  using Sink = std::function<void(std::uint64_t offset, std::span<const std::byte> bytes)>;

  virtual ~SourceArchive() = default;
  virtual bool next(ArchiveMember& member) = 0;  ///< false: the end
  virtual void read(const Sink& sink) = 0;       ///< the content of the member, once
};

/// By the name's ending a ZIP archive, or a tar archive. `filename` is what messages name.
std::unique_ptr<SourceArchive> open_source_archive(std::span<const std::byte> bytes,
                                                   const std::string& filename);

[[noreturn]] void refuse_archive(const std::string& filename, std::string_view reason);
[[noreturn]] void refuse_member(const std::string& filename, std::string_view member,
                                std::string_view reason);

}  // namespace envstore
