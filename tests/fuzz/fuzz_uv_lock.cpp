// A uv.lock: read, compared with what it says itself, and walked for an environment.
#include "python/lock/uv_lock.h"
#include "tests/fuzz/fuzz.h"

using namespace envstore;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Interpreter interpreter = [] {
    Interpreter made;
    made.markers = {{"python_version", "3.11"}, {"python_full_version", "3.11.2"}, {"sys_platform", "linux"}};
    return made;
  }();
  static const pypackaging::TagPriority tags({{"py3", "none", "any"}});
  static const auto python = *pypackaging::Version::parse("3.11.2");
  const std::string_view text = fuzz::text_of(data, size);
  fuzz::may_refuse({ErrorKind::invalid_input, ErrorKind::unsupported, ErrorKind::unresolvable}, [&] {
    const UvLock lock = parse_uv_lock(text, "/folder/s.py.lock");
    lock_of(lock, "/folder/s.py.lock", {interpreter, tags, python});
  });
  return 0;
}
