#include "pypackaging/name.h"
#include "python/index/metadata_finder.h"
#include "python/index/remote_wheel.h"
#include "python/wheel/wheel_archive.h"
#include "store/platform/error.h"

namespace envstore {
namespace {

/// The member `NAME-VERSION.dist-info/METADATA` whose NAME matches the file name.
const zip::Member& find_metadata(const std::vector<zip::Member>& members, const std::string& filename) {
  const std::string name = pypackaging::normalize_name(filename.substr(0, filename.find('-')));
  for (const zip::Member& member : members) {
    const std::size_t slash = member.name.find('/');
    if (slash == std::string::npos || std::string_view(member.name).substr(slash) != "/METADATA") continue;
    const std::string folder = member.name.substr(0, slash);
    if (folder.ends_with(".dist-info") &&
        pypackaging::normalize_name(folder.substr(0, folder.find('-'))) == name)
      return member;
  }
  throw Error(ErrorKind::invalid_input, "cannot read '" + filename + "': it has no METADATA of that name");
}

}  // namespace

std::optional<RemoteMetadata> read_remote_metadata(HttpClient& http, const IndexFile& file) {
  RemoteWheel wheel(http, file);
  if (!wheel.open()) return std::nullopt;
  const zip::Member& member = find_metadata(wheel.members(), file.filename);
  if (member.size > kLargestMetadata || member.compressed_size > kLargestMetadata)
    throw Error(ErrorKind::invalid_input, "cannot read '" + file.filename + "': its METADATA is too large");
  std::optional<std::string> text = wheel.read(member);
  if (!text) return std::nullopt;
  return RemoteMetadata{std::move(*text), wheel.size()};
}

}  // namespace envstore
