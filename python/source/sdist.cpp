#include "python/source/sdist.h"

#include <algorithm>
#include <array>

#include "python/source/source_archive.h"
#include "python/source/source_tree.h"
#include "python/source/tree_writer.h"
#include "store/platform/format.h"
#include "store/platform/text.h"

namespace envstore {
namespace {

constexpr std::array<std::string_view, 7> kEndings = {".tar.gz", ".tgz", ".tar.bz2", ".tbz",
                                                      ".tar.xz", ".txz", ".zip"};
constexpr std::uint64_t kLargestPkgInfo = std::uint64_t{16} << 20;
constexpr std::string_view kPkgInfo = "PKG-INFO";

/// What archivers of macOS and git add beside the top folder.
bool is_foreign(std::string_view top) {
  return top.starts_with("._") || top == ".DS_Store" || top == "__MACOSX" || top == "pax_global_header";
}

/// The members of a source archive that belong to its tree, with their paths, within the limits.
class Members {
 public:
  Members(SourceArchive& archive, const std::string& filename, const UnpackLimits& limits)
      : archive_(archive), filename_(filename), limits_(limits) {}

  bool next(ArchiveMember& member, std::vector<std::string>& path) {
    while (archive_.next(member)) {
      count(member);
      path = path_of(member);
      if (path.empty() || is_foreign(path.front())) continue;
      check_top(member, path);
      return true;
    }
    return false;
  }
  const std::string& top() const { return top_; }

 private:
  void count(const ArchiveMember& member) {
    if (++members_ > limits_.members) refuse_archive(filename_, "it has too many members");
    if (member.size > limits_.bytes - bytes_) refuse_member(filename_, member.name, "it is too large");
    bytes_ += member.size;
  }

  std::vector<std::string> path_of(const ArchiveMember& member) const {
    auto path = member_path(member.name);
    if (!path) refuse_member(filename_, member.name, "its name leads out of the archive");
    return std::move(*path);
  }

  void check_top(const ArchiveMember& member, const std::vector<std::string>& path) {
    if (path.size() == 1 && member.kind != MemberKind::directory)
      refuse_member(filename_, member.name, "it is beside the top folder");
    if (top_.empty()) top_ = path.front();
    if (path.front() != top_) refuse_member(filename_, member.name, "it is outside of '" + top_ + "'");
  }

  SourceArchive& archive_;
  const std::string& filename_;
  const UnpackLimits& limits_;
  std::string top_;
  std::size_t members_ = 0;
  std::uint64_t bytes_ = 0;
};

class Unpacker {
 public:
  Unpacker(SourceArchive& archive, const std::string& filename, int directory, const UnpackLimits& limits)
      : archive_(archive),
        filename_(filename),
        limits_(limits),
        members_(archive, filename, limits),
        writer_(directory, filename) {}

  std::string run() {
    ArchiveMember member;
    std::vector<std::string> path;
    while (members_.next(member, path)) {
      unpack(member, path);
      // Folders that no member names are made, too.
      if (writer_.tree().size() > limits_.members) refuse_archive(filename_, "it has too many members");
    }
    if (members_.top().empty()) refuse_archive(filename_, "it holds no source tree");
    if (const auto link = writer_.tree().escaping_link())
      refuse_member(filename_, *link, "it is a link that leads out of the archive");
    return members_.top();
  }

 private:
  void unpack(const ArchiveMember& member, const std::vector<std::string>& path) {
    switch (member.kind) {
      case MemberKind::directory:
        return writer_.make_folder(path);
      case MemberKind::file:
        return writer_.write_file(path, member, archive_);
      case MemberKind::symbolic_link:
        if (member.link.empty() || member.link.front() == '/')
          refuse_member(filename_, member.name, "it is a link to an absolute path");
        return writer_.make_link(path, member.link);
      case MemberKind::hard_link:
        return writer_.make_hard_link(path, hard_link_target(member));
      case MemberKind::special:
        refuse_member(filename_, member.name, "it is neither file, folder nor link");
    }
  }

  /// Names a member that came before. A link there would be followed by its readers, from another
  /// folder.
  std::vector<std::string> hard_link_target(const ArchiveMember& member) const {
    auto target = member_path(member.link);
    if (!target || writer_.tree().find(joined(*target, "/")) != SourceTree::Kind::file)
      refuse_member(filename_, member.name, "it is a link to what is no file of the archive");
    return std::move(*target);
  }

  SourceArchive& archive_;
  const std::string& filename_;
  const UnpackLimits& limits_;
  Members members_;
  TreeWriter writer_;
};

std::string read_text(SourceArchive& archive, const ArchiveMember& member, const std::string& filename) {
  if (member.size > kLargestPkgInfo) refuse_member(filename, member.name, "it is too large");
  std::string text(member.size, '\0');
  archive.read([&](std::uint64_t offset, std::span<const std::byte> bytes) {
    if (offset > text.size() || bytes.size() > text.size() - offset)
      refuse_member(filename, member.name, "it is longer than its header says");
    const auto* const begin = reinterpret_cast<const char*>(bytes.data());
    std::copy_n(begin, bytes.size(), text.begin() + static_cast<std::ptrdiff_t>(offset));
  });
  return text;
}

}  // namespace

bool is_source_archive(std::string_view filename) {
  const std::string name = to_lower(filename);
  return std::any_of(kEndings.begin(), kEndings.end(),
                     [&](std::string_view ending) { return name.ends_with(ending); });
}

std::string unpack_sdist(std::span<const std::byte> archive, const std::string& filename, int directory,
                         const UnpackLimits& limits) {
  const auto source = open_source_archive(archive, filename);
  return Unpacker(*source, filename, directory, limits).run();
}

std::optional<std::string> read_pkg_info(std::span<const std::byte> archive, const std::string& filename) {
  const auto source = open_source_archive(archive, filename);
  const UnpackLimits limits;
  Members members(*source, filename, limits);
  ArchiveMember member;
  std::vector<std::string> path;
  while (members.next(member, path))
    if (path.size() == 2 && path.back() == kPkgInfo && member.kind == MemberKind::file)
      return read_text(*source, member, filename);
  return std::nullopt;
}

bool is_static(const pypackaging::CoreMetadata& metadata) {
  constexpr std::array<std::string_view, 5> kAsked = {"name", "version", "requires-dist", "requires-python",
                                                      "provides-extra"};
  const auto version = pypackaging::Version::parse(metadata.metadata_version);
  static const auto first = pypackaging::Version::parse("2.2");
  if (!version || *version < *first || metadata.fatal_error()) return false;
  return std::none_of(metadata.dynamic.begin(), metadata.dynamic.end(), [&](const std::string& field) {
    const std::string name = to_lower(trimmed(field));
    return std::find(kAsked.begin(), kAsked.end(), name) != kAsked.end();
  });
}

}  // namespace envstore
