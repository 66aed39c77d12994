// unpack_sdist and read_pkg_info: the first byte chooses tar or ZIP, the rest is the archive. Every link that
// was made and leads somewhere leads into the top folder, and what others may write is nothing.
#include <fcntl.h>
#include <sys/stat.h>

#include "python/source/sdist.h"
#include "store/platform/files.h"
#include "tests/fuzz/fuzz.h"
#include "tests/store/temporary_directory.h"

using namespace envstore;

namespace {

const char* const kFolder = "unpacked";

void check_tree(int directory, const std::string& path, const std::string& top) {
  for (const DirectoryEntry& entry : list_directory(directory, path)) {
    const std::string name = path + "/" + entry.name;
    const auto facts = stat_at(directory, name, Links::do_not_follow);
    fuzz::require(facts.has_value());
    if (facts->is_symlink()) {
      const auto real = real_path(path_of(directory) + "/" + name);
      fuzz::require(!real || *real == top || real->starts_with(top + "/"));
      continue;
    }
    fuzz::require((facts->mode & 07022) == 0 && (facts->is_directory() || facts->is_regular()));
    if (facts->is_directory()) check_tree(directory, name, top);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const TemporaryDirectory directory;
  if (size == 0) return 0;
  const auto archive = std::as_bytes(std::span(data + 1, size - 1));
  const std::string filename = (data[0] & 1) != 0 ? "demo-1.0.zip" : "demo-1.0.tar.gz";
  make_directory(directory.fd(), kFolder, 0700);
  {
    const Fd inside = open_directory(directory.fd(), kFolder);
    fuzz::may_refuse({ErrorKind::invalid_input}, [&] {
      const std::string top =
          unpack_sdist(archive, filename, inside.get(), {.bytes = 1 << 20, .members = 300});
      fuzz::require(list_directory(inside.get(), ".").size() == 1);
      check_tree(inside.get(), top, *real_path(path_of(inside.get()) + "/" + top));
    });
  }
  fuzz::require(list_directory(directory.fd(), ".").size() == 1);
  remove_tree(directory.fd(), kFolder);
  fuzz::may_refuse({ErrorKind::invalid_input}, [&] { (void)read_pkg_info(archive, filename); });
  return 0;
}
