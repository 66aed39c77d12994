// A tree's manifest: what is accepted is canonical and has only safe paths.
#include "store/objects/tree.h"
#include "tests/fuzz/fuzz.h"

using namespace envstore;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = fuzz::text_of(data, size);
  fuzz::may_refuse({ErrorKind::damaged}, [&] {
    const TreeManifest manifest = TreeManifest::decode(bytes);
    fuzz::require(manifest.encode() == bytes);
    for (const TreeEntry& entry : manifest.entries()) fuzz::require(is_safe_path(entry.path));
  });
  return 0;
}
