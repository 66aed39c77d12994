// unpack_sdist and read_pkg_info: the first byte chooses tar or ZIP, the rest is the archive. Every link that
// was made and leads somewhere leads into the top folder, and what others may write is nothing.
#include <fcntl.h>
#include <sys/stat.h>

#include <cstdlib>

#include "python/source/sdist.h"
#include "store/platform/files.h"
#include "tests/fuzz/fuzz.h"

using namespace envstore;

namespace {

const char* const kFolder = "unpacked";

struct World {
  World() {
    const char* base = std::getenv("TMPDIR");
    path = std::string(base == nullptr ? "/tmp" : base) + "/envstore-fuzz-XXXXXX";
    fuzz::require(mkdtemp(path.data()) != nullptr);
    fd = open_directory(AT_FDCWD, path);
  }
  ~World() { remove_tree(AT_FDCWD, path); }
  std::string path;
  Fd fd;
};

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
  static const World world;
  if (size == 0) return 0;
  const auto archive = std::as_bytes(std::span(data + 1, size - 1));
  const std::string filename = (data[0] & 1) != 0 ? "demo-1.0.zip" : "demo-1.0.tar.gz";
  make_directory(world.fd.get(), kFolder, 0700);
  {
    const Fd inside = open_directory(world.fd.get(), kFolder);
    fuzz::may_refuse({ErrorKind::invalid_input}, [&] {
      const std::string top =
          unpack_sdist(archive, filename, inside.get(), {.bytes = 1 << 20, .members = 300});
      fuzz::require(list_directory(inside.get(), ".").size() == 1);
      check_tree(inside.get(), top, *real_path(path_of(inside.get()) + "/" + top));
    });
  }
  fuzz::require(list_directory(world.fd.get(), ".").size() == 1);
  remove_tree(world.fd.get(), kFolder);
  fuzz::may_refuse({ErrorKind::invalid_input}, [&] { (void)read_pkg_info(archive, filename); });
  return 0;
}
