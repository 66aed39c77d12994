// A pylock.toml. What is read is written, and reads as the same lock again.
#include "python/lock/pylock.h"
#include "tests/fuzz/fuzz.h"

using namespace envstore;

namespace {

/// Credentials and fragments of addresses are not written: compared is what is left of them.
void check_round_trip(const Pylock& read) {
  const std::string text = write_pylock(read);
  const Pylock again = parse_pylock(text, "/folder/pylock.toml").pylock;
  fuzz::require(again.packages.size() == read.packages.size());
  fuzz::require(write_pylock(again) == text);
}

/// A file with weak or unknown hashes alone may be read, but is never written.
bool may_be_written(const Pylock& lock) {
  for (const PylockPackage& package : lock.packages) {
    std::vector<const IndexFile*> files;
    for (const IndexFile& wheel : package.wheels) files.push_back(&wheel);
    if (package.sdist) files.push_back(&*package.sdist);
    if (package.archive) files.push_back(&*package.archive);
    for (const IndexFile* file : files)
      if (file->hashes.empty()) return false;
  }
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  fuzz::may_refuse({ErrorKind::invalid_input, ErrorKind::unsupported}, [&] {
    const Pylock lock = parse_pylock(text, "/folder/pylock.toml").pylock;
    if (may_be_written(lock)) check_round_trip(lock);
  });
  return 0;
}
