#include "python/source/tar_archive.h"

#include <dlfcn.h>

#include <new>

#include "python/source/tar_engine.h"
#include "store/platform/error.h"
#include "store/platform/format.h"
#include "store/platform/terminal_text.h"

namespace envstore {
namespace {

constexpr const char* kModule = "envstore-archive.so";

/// Never unloaded: the libraries that it loads may have registered callbacks.
OpenTar load_engine() {
  void* handle = dlopen(kModule, RTLD_NOW | RTLD_LOCAL);
  void* entry = handle != nullptr ? dlsym(handle, kTarEngineEntry) : nullptr;
  if (entry != nullptr) return reinterpret_cast<OpenTar>(entry);
  const char* reason = dlerror();
  throw Error(ErrorKind::unsupported,
              format_text("cannot load '{}': {}", kModule, reason != nullptr ? reason : "unknown reason"),
              "the installation is incomplete: install envstore again");
}

std::string_view text_of(const TarView& view) {
  return {view.data, view.size};
}

MemberKind kind_of(TarKind kind) {
  switch (kind) {
    case TarKind::file:
      return MemberKind::file;
    case TarKind::directory:
      return MemberKind::directory;
    case TarKind::symbolic_link:
      return MemberKind::symbolic_link;
    case TarKind::hard_link:
      return MemberKind::hard_link;
    case TarKind::special:
      break;
  }
  return MemberKind::special;
}

class TarArchive final : public SourceArchive {
 public:
  TarArchive(std::span<const std::byte> bytes, const std::string& filename) : filename_(filename) {
    static const OpenTar open = load_engine();
    engine_.reset(open(bytes.data(), bytes.size()));
    if (!engine_) throw std::bad_alloc();
  }

  bool next(ArchiveMember& member) override {
    TarMember found;
    const TarStep step = engine_->next(found);
    if (step == TarStep::failed) fail();
    if (step == TarStep::end) return false;
    member = {.name = std::string(text_of(found.name)),
              .link = std::string(text_of(found.link)),
              .kind = kind_of(found.kind),
              .size = found.size,
              .mode = found.mode,
              .mtime = found.mtime};
    return true;
  }

  void read(const Sink& sink) override {
    TarBlock block;
    while (true) {
      const TarStep step = engine_->read(block);
      if (step == TarStep::failed) fail();
      if (step == TarStep::end) return;
      sink(block.offset, std::as_bytes(std::span(block.bytes.data, block.bytes.size)));
    }
  }

 private:
  [[noreturn]] void fail() const { refuse_archive(filename_, terminal_line(engine_->reason())); }

  const std::string filename_;
  std::unique_ptr<TarEngine> engine_;
};

}  // namespace

std::unique_ptr<SourceArchive> open_tar_archive(std::span<const std::byte> bytes,
                                                const std::string& filename) {
  return std::make_unique<TarArchive>(bytes, filename);
}

}  // namespace envstore
