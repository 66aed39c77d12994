#include <fcntl.h>

#include <algorithm>

#include "python/wheel/names.h"
#include "python/wheel/script.h"
#include "python/wheel/wheel_plan.h"
#include "store/index/index.h"
#include "store/platform/error.h"
#include "store/platform/format.h"
#include "store/platform/lock.h"
#include "store/platform/parallel.h"
#include "store/platform/store_paths.h"
#include "store/platform/terminal_text.h"

namespace envstore {
namespace {

std::optional<TreeId> known_tree(const StoreReader& store, const WheelHash& hash) {
  Index::Read rows = store.index().read();
  const std::optional<WheelRow> wheel = rows.wheel(hash);
  if (!wheel || !rows.tree(wheel->tree)) return std::nullopt;
  return wheel->tree;
}

class LentBuffer {
 public:
  LentBuffer(BufferPool& pool, std::size_t size) : pool_(pool), size_(size), buffer_(pool.take(size)) {}
  ~LentBuffer() { pool_.give_back(std::move(buffer_)); }
  LentBuffer(const LentBuffer&) = delete;
  LentBuffer& operator=(const LentBuffer&) = delete;
  std::span<std::byte> bytes() { return buffer_.bytes().first(size_); }

 private:
  BufferPool& pool_;
  std::size_t size_;
  Memory buffer_;
};

/// The ingest of one wheel.
class Ingest {
 public:
  Ingest(StoreWriter& store, Lease& lease, WheelWorkers& workers, std::span<const std::byte> wheel,
         const WheelOrigin& origin)
      : workers_(workers),
        wheel_(wheel),
        origin_(origin),
        archive_(wheel, origin.filename),
        plan_(plan_wheel(archive_, origin)),
        record_(read_record(), plan_.dist_info + "/RECORD", origin.filename),
        builder_(store, lease) {}

  /// `has_unchecked_hash`: the file's bytes have not been checked against `hash` yet.
  TreeId run(const WheelHash& hash, bool has_unchecked_hash) {
    std::vector<std::string> warnings = record_.check_members(archive_.members());
    warnings.insert(warnings.begin(), plan_.warnings.begin(), plan_.warnings.end());
    if (origin_.on_warning)
      for (const std::string& warning : warnings) origin_.on_warning(warning);
    sort_by_size();
    unpack_all(hash, has_unchecked_hash);
    add_generated();
    TreeInfo info;
    info.name = plan_.name;
    info.version = plan_.version;
    info.wheel = hash;
    info.wheel_filename = origin_.filename;
    info.origin = without_secrets(origin_.url);  // callers already remove secrets; this makes sure
    info.forest_reason = forest_reason();
    return builder_.commit(info);
  }

 private:
  std::string read_record() const {
    constexpr std::uint64_t kLargest = std::uint64_t{256} << 20;
    const zip::Member* const member = archive_.find(plan_.dist_info + "/RECORD");
    if (member != nullptr && member->size > kLargest)
      throw Error(ErrorKind::invalid_input,
                  format_text("cannot unpack '{}': its RECORD is too large", printable(origin_.filename)));
    if (member == nullptr)
      throw Error(ErrorKind::invalid_input,
                  format_text("cannot unpack '{}': it has no RECORD", origin_.filename));
    return archive_.read(*member);
  }

  void sort_by_size() {
    std::sort(plan_.files.begin(), plan_.files.end(), [](const PlannedFile& a, const PlannedFile& b) {
      return a.member->size != b.member->size ? a.member->size > b.member->size : a.path < b.path;
    });
    lines_.resize(plan_.files.size());
    reasons_.resize(plan_.files.size());
  }

  void unpack_all(const WheelHash& hash, bool has_unchecked_hash) {
    const std::size_t extra = has_unchecked_hash ? 1 : 0;
    for_each_in_parallel(workers_.threads, wheel_.size(), plan_.files.size() + extra, [&](std::size_t i) {
      if (i < extra)
        check_file_hash(hash);
      else
        unpack(i - extra);
    });
  }

  void check_file_hash(const WheelHash& hash) const {
    const WheelHash actual{sha256(wheel_)};
    if (actual != hash)
      throw Error(ErrorKind::invalid_input,
                  format_text("cannot use '{}': its SHA-256 is {}, and should be {}", origin_.filename,
                              actual.hex(), hash.hex()),
                  "the file was damaged on its way, or is not the one that the index or lock file means");
  }

  void unpack(std::size_t index) {
    const PlannedFile& file = plan_.files[index];
    LentBuffer buffer(workers_.buffers, static_cast<std::size_t>(file.member->size));
    const std::span<std::byte> content = buffer.bytes();
    archive_.read_into(*file.member, content);
    const std::string_view text(reinterpret_cast<const char*>(content.data()), content.size());
    if (file.kind == PlannedKind::dropped) return record_.check(file.member->name, content, nullptr);
    if (file.kind == PlannedKind::script && asks_for_python(text)) {
      record_.check(file.member->name, content, nullptr);
      const std::string script = relocatable_script(text);
      lines_[index] = add(file.path, file.executable, as_bytes(script));
      return;
    }
    lines_[index] = add(file.path, file.executable, content);
    record_.check(file.member->name, content, &*lines_[index].sha256);
    if (plan_.forest_reason.empty() && file.path.starts_with("site/"))
      reasons_[index] =
          escaping_runpath(content, std::string_view(file.path).substr(5), [this](std::string_view name) {
            return plan_.site_directories.contains(name);
          }).value_or("");
  }

  RecordLine add(const std::string& path, Executable executable, std::span<const std::byte> content) {
    return {path_from_site(path), builder_.add(path, executable, content).bytes, content.size()};
  }

  void add_generated() {
    for (const GeneratedFile& file : plan_.generated)
      lines_.push_back(add(file.path, file.executable, as_bytes(file.content)));
    std::erase_if(lines_, [](const RecordLine& line) { return line.path.empty(); });
    const std::string record_path = plan_.dist_info + "/RECORD";
    lines_.push_back({record_path, std::nullopt, 0});
    builder_.add(std::string(store_paths::kTreeSite) + "/" + record_path, Executable::no,
                 as_bytes(encode_record(std::move(lines_))));
  }

  /// The reason of the first file by path, so that the result does not depend on thread timing.
  std::string forest_reason() const {
    if (!plan_.forest_reason.empty()) return plan_.forest_reason;
    const std::string* first_path = nullptr;
    std::string reason;
    for (std::size_t i = 0; i < reasons_.size(); ++i) {
      if (reasons_[i].empty() || (first_path != nullptr && *first_path < plan_.files[i].path)) continue;
      first_path = &plan_.files[i].path;
      reason = reasons_[i];
    }
    return reason;
  }

  WheelWorkers& workers_;
  std::span<const std::byte> wheel_;
  const WheelOrigin& origin_;
  WheelArchive archive_;
  WheelPlan plan_;
  RecordChecker record_;
  TreeBuilder builder_;
  std::vector<RecordLine> lines_;     ///< parallel to plan_.files; path empty: not installed
  std::vector<std::string> reasons_;  ///< parallel to plan_.files: why a forest
};

WheelHash expected_hash(const WheelOrigin& origin) {
  const std::optional<WheelHash> hash = WheelHash::parse(*origin.expected_sha256);
  if (!hash)
    throw Error(ErrorKind::invalid_input, format_text("cannot use '{}': '{}' is not a SHA-256",
                                                      origin.filename, printable(*origin.expected_sha256)));
  return *hash;
}

}  // namespace

TreeId ingest_wheel(StoreWriter& store, Lease& lease, WheelWorkers& workers, const std::string& wheel_path,
                    const WheelOrigin& origin) {
  if (origin.expected_sha256)  // a known wheel's file may have been deleted
    if (const auto tree = known_tree(store, expected_hash(origin))) return *tree;
  const MappedFile wheel = MappedFile::open(AT_FDCWD, real_path(wheel_path).value_or(wheel_path));
  return ingest_wheel(store, lease, workers, wheel.bytes(), origin);
}

TreeId ingest_wheel(StoreWriter& store, Lease& lease, WheelWorkers& workers, std::span<const std::byte> wheel,
                    const WheelOrigin& origin) {
  const bool has_unchecked_hash = origin.expected_sha256 && !origin.has_checked_hash;
  const WheelHash hash = origin.expected_sha256 ? expected_hash(origin) : WheelHash{sha256(wheel)};
  if (const auto tree = known_tree(store, hash)) return *tree;
  const FileLock lock = FileLock::wait(store.root(), store_paths::wheel_lock(hash), LockMode::exclusive);
  if (const auto tree = known_tree(store, hash)) return *tree;
  return Ingest(store, lease, workers, wheel, origin).run(hash, has_unchecked_hash);
}

}  // namespace envstore
