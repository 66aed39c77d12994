// tree.json: what was read survives writing and reading.
#include "store/objects/tree_info.h"
#include "tests/fuzz/fuzz.h"

using namespace envstore;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const TreeManifest manifest({TreeEntry{"site/demo/__init__.py", Executable::no, {}, 3}});
  fuzz::may_refuse({ErrorKind::damaged}, [&] {
    const TreeInfo info = decode_tree_info(fuzz::text_of(data, size), manifest);
    fuzz::require(decode_tree_info(encode_tree_info(info), manifest) == info);
  });
  return 0;
}
