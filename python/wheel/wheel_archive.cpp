#include "python/wheel/wheel_archive.h"

#include <unordered_set>
#include <utility>

#include "python/wheel/names.h"
#include "store/platform/error.h"
#include "store/platform/format.h"
#include "store/platform/text.h"
#include "zip/tail.h"

namespace envstore {
namespace {

Error refusal(const zip::Error& error, const std::string& filename) {
  return Error(ErrorKind::invalid_input,
               error.member() ? format_text("cannot read '{}' in '{}': {}", printable(*error.member()),
                                            filename, error.reason())
                              : format_text("cannot read '{}': {}", filename, error.reason()));
}

/// What `read` returns; its zip::Error becomes an Error.
template <class Read>
auto with_filename(const std::string& filename, const Read& read) {
  try {
    return read();
  } catch (const zip::Error& error) {
    throw refusal(error, filename);
  }
}

void check_dist_info(const std::vector<zip::Member>& members) {
  std::unordered_set<std::string> folded;
  for (const zip::Member& member : members) {
    const std::string lower = to_lower(member.name);
    if (lower.substr(0, lower.find('/')).ends_with(".dist-info") && !folded.insert(lower).second)
      throw zip::Error(member.name, "another member differs from it by letter case only");
  }
}

zip::Archive open_archive(std::span<const std::byte> bytes) {
  zip::Archive archive(bytes);
  check_dist_info(archive.members());
  return archive;
}

}  // namespace

WheelArchive::WheelArchive(std::span<const std::byte> bytes, std::string filename)
    : filename_(std::move(filename)),
      archive_(with_filename(filename_, [&] { return open_archive(bytes); })) {}

bool WheelArchive::has_same_content(const zip::Member& a, const zip::Member& b) const {
  return with_filename(filename_, [&] { return archive_.has_same_content(a, b); });
}

std::string WheelArchive::read(const zip::Member& member) const {
  return with_filename(filename_, [&] { return archive_.read(member); });
}

void WheelArchive::read_into(const zip::Member& member, std::span<std::byte> out) const {
  with_filename(filename_, [&] { archive_.read_into(member, out); });
}

std::optional<std::vector<zip::Member>> read_wheel_tail(std::span<const std::byte> tail,
                                                        std::uint64_t tail_offset, std::uint64_t file_size,
                                                        std::uint64_t& needs_from,
                                                        const std::string& filename) {
  return with_filename(filename, [&] {
    auto members = zip::read_tail(tail, tail_offset, file_size, needs_from);
    if (members) check_dist_info(*members);
    return members;
  });
}

std::optional<std::string> read_wheel_member(std::span<const std::byte> from_header,
                                             const zip::Member& member, std::uint64_t& needs_size,
                                             const std::string& filename) {
  return with_filename(filename, [&] { return zip::read_member(from_header, member, needs_size); });
}

}  // namespace envstore
