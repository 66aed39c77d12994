// The module: the only file that includes libarchive's headers.
#include "python/source/tar_engine.h"

#include <archive.h>
#include <archive_entry.h>
#include <sys/stat.h>
#include <clocale>
#include <cstring>
#include <new>

namespace envstore {
namespace {

constexpr std::uint32_t kPermissions = 07777;

/// libarchive converts the names of pax headers from UTF-8 to the character set of the thread's locale.
class Utf8Locale {
 public:
  Utf8Locale() : locale_(newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {}
  ~Utf8Locale() {
    if (locale_ != nullptr) freelocale(locale_);
  }
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;
  locale_t get() const { return locale_; }

 private:
  const locale_t locale_;
};

/// The calling thread's locale while a function of libarchive runs.
class LocaleScope {
 public:
  explicit LocaleScope(const Utf8Locale& locale) : previous_(uselocale(locale.get())) {}
  ~LocaleScope() { uselocale(previous_); }
  LocaleScope(const LocaleScope&) = delete;
  LocaleScope& operator=(const LocaleScope&) = delete;

 private:
  const locale_t previous_;
};

TarView view_of(const char* text) {
  return {text, text == nullptr ? 0 : std::strlen(text)};
}

class LibarchiveEngine final : public TarEngine {
 public:
  LibarchiveEngine(const std::byte* archive, std::size_t size) : archive_(archive_read_new()) {
    if (archive_ == nullptr) return;
    const LocaleScope scope(locale_);
    // Named one by one: libarchive's "all" starts programs for filters that it has no library for.
    is_open_ = archive_read_support_filter_gzip(archive_) == ARCHIVE_OK &&
               archive_read_support_filter_bzip2(archive_) == ARCHIVE_OK &&
               archive_read_support_filter_xz(archive_) == ARCHIVE_OK &&
               archive_read_support_format_tar(archive_) == ARCHIVE_OK &&
               archive_read_open_memory(archive_, archive, size) == ARCHIVE_OK;
  }
  ~LibarchiveEngine() override {
    const LocaleScope scope(locale_);
    archive_read_free(archive_);
  }
  LibarchiveEngine(const LibarchiveEngine&) = delete;
  LibarchiveEngine& operator=(const LibarchiveEngine&) = delete;

  TarStep next(TarMember& member) noexcept override {
    if (!is_open_) return TarStep::failed;
    const LocaleScope scope(locale_);
    archive_entry* entry = nullptr;
    const int result = archive_read_next_header(archive_, &entry);
    if (result == ARCHIVE_EOF) return TarStep::end;
    // A warning is about what is not used here: owners, extended attributes, a name that had to be converted.
    if (result != ARCHIVE_OK && result != ARCHIVE_WARN) return fail();
    return describe(entry, member);
  }

  TarStep read(TarBlock& block) noexcept override {
    if (!is_open_) return TarStep::failed;
    const void* data = nullptr;
    std::size_t size = 0;
    la_int64_t offset = 0;
    const int result = archive_read_data_block(archive_, &data, &size, &offset);
    if (result == ARCHIVE_EOF) return TarStep::end;
    if ((result != ARCHIVE_OK && result != ARCHIVE_WARN) || offset < 0) return fail();
    block.bytes = {static_cast<const char*>(data), size};
    block.offset = static_cast<std::uint64_t>(offset);
    return TarStep::done;
  }

  const char* reason() const noexcept override {
    const char* reason = archive_ == nullptr ? "out of memory" : archive_error_string(archive_);
    return reason == nullptr ? "it is damaged" : reason;
  }

 private:
  TarStep fail() {
    is_open_ = false;
    return TarStep::failed;
  }

  TarStep describe(archive_entry* entry, TarMember& member) {
    member = TarMember();
    member.name = view_of(archive_entry_pathname(entry));
    if (member.name.data == nullptr) return fail();
    const char* const hard_link = archive_entry_hardlink(entry);
    const char* const link = hard_link != nullptr ? hard_link : archive_entry_symlink(entry);
    member.link = view_of(link);
    member.kind = kind_of(archive_entry_filetype(entry), hard_link != nullptr);
    const la_int64_t size = archive_entry_size(entry);
    if (size < 0) return fail();
    member.size = static_cast<std::uint64_t>(size);
    member.mode = archive_entry_perm(entry) & kPermissions;
    member.mtime = archive_entry_mtime(entry);
    return TarStep::done;
  }

  static TarKind kind_of(unsigned type, bool is_hard_link) {
    if (is_hard_link) return TarKind::hard_link;
    if (type == AE_IFREG) return TarKind::file;
    if (type == AE_IFDIR) return TarKind::directory;
    return type == AE_IFLNK ? TarKind::symbolic_link : TarKind::special;
  }

  const Utf8Locale locale_;
  archive* const archive_;
  bool is_open_ = false;
};

}  // namespace
}  // namespace envstore

extern "C" __attribute__((visibility("default"))) envstore::TarEngine* envstore_open_tar_1(
    const std::byte* archive, std::size_t size) noexcept {
  return new (std::nothrow) envstore::LibarchiveEngine(archive, size);
}
