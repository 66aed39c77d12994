#include <dirent.h>
#include <algorithm>
#include <cerrno>

#include "gc/census/scan.h"
#include "gc/verify/verification.h"
#include "store/platform/format.h"
#include "store/platform/parallel.h"

// Checks every object against its row.

namespace envstore {
namespace {

constexpr std::uint32_t kPermissions = 07777;

bool is_lawful_mode(std::uint32_t mode) {
  return (mode & kPermissions) == 0444 || (mode & kPermissions) == 0555;
}

bool has_stamps_of(const FileStamp& stamp, const BlobRow& row) {
  return stamp.size == row.size && stamp.inode == row.inode && stamp.mtime_ns == row.mtime_ns;
}

/// One folder of objects.
class Shard {
 public:
  Shard(Verification& verification, std::size_t number)
      : verification_(verification),
        folder_(format_text("{}/{:02x}", store_paths::kObjects, number)),
        blobs_(verification.ledger.shard(number)),
        renewals_(verification.store) {}

  void run() {
    std::vector<ScannedName> names;
    if (auto directory = try_open_directory(verification_.store.root(), folder_)) {
      directory_ = std::move(*directory);
      names = scan_names(directory_.get(), folder_);
    }
    auto name = names.begin();
    for (KnownBlob& blob : blobs_) {
      const std::string hex = blob.id.hex();
      const std::string_view wanted = std::string_view(hex).substr(2);
      for (; name != names.end() && name->text < wanted; ++name) look_at_unknown(*name);
      const bool is_there = name != names.end() && name->text == wanted;
      if (is_there)
        look_at(blob, *name++);
      else
        report(blob, Damage::missing, "the object is missing");
    }
    for (; name != names.end(); ++name) look_at_unknown(*name);
    renewals_.write();
    verification_.looked_at(blobs_.size());
  }

 private:
  /// A file with a blob's name is an orphan of a crash, or belongs to a running ingest. No tree names it, and
  /// nothing uses it without comparing its bytes.
  void look_at_unknown(const ScannedName& name) {
    BlobId id;
    if (from_hex(folder_.substr(folder_.size() - 2) + name.text, id.bytes)) return;
    DamageFound damage{.damage = Damage::extra, .path = folder_ + "/" + name.text};
    damage.detail = "no object has such a name";
    verification_.report(std::move(damage));
  }

  void look_at(KnownBlob& blob, const ScannedName& name) {
    Fd file;
    if (verification_.hashes_all() && name.type == DT_REG)
      file = open_for_hashing(directory_.get(), name.text);
    const auto stamp = file ? std::optional(stat_open(file.get(), name.text))
                            : stat_at(directory_.get(), name.text, Links::do_not_follow);
    if (!stamp) return report(blob, Damage::missing, "the object is missing");
    blob.seen_inode = stamp->inode;
    if (!stamp->is_regular()) return report(blob, Damage::wrong_kind, "it is not a regular file");
    const bool has_row_mode = (stamp->mode & kPermissions) == (blob.row.mode & kPermissions);
    const bool is_suspect = !has_stamps_of(*stamp, blob.row);
    if (is_suspect || blob.is_chosen || verification_.hashes_all()) {
      if (is_suspect && was_rewritten(blob, *stamp)) return;
      if (!has_right_content(blob, name.text, std::move(file), *stamp)) return;
    }
    if (!is_lawful_mode(stamp->mode) || (!has_row_mode && is_lawful_mode(blob.row.mode)))
      return report(blob, Damage::wrong_mode, damage_of_mode(stamp->mode, lawful_mode_of(blob)));
    blob.object = KnownBlob::Object::sound;
  }

  static std::uint32_t lawful_mode_of(const KnownBlob& blob) {
    return is_lawful_mode(blob.row.mode) ? blob.row.mode : 0444;
  }

  /// True if the row was rewritten since it was read (a new inode for one with too many links, a repair).
  bool was_rewritten(KnownBlob& blob, const FileStamp& stamp) {
    const auto now = verification_.store.index().read().blob(blob.id);
    if (!now || *now == blob.row) return false;
    blob.row = *now;
    if (!has_stamps_of(stamp, *now)) return false;
    blob.object = KnownBlob::Object::sound;
    return true;
  }

  /// `file`: the object if it is already open.
  bool has_right_content(KnownBlob& blob, const std::string& name, Fd file, const FileStamp& stamp) {
    if (!file) file = open_for_hashing(directory_.get(), name);
    std::span<const std::byte> bytes;
    const Verdict verdict =
        file ? verification_.hash_and_judge(file.get(), blob.id, blob.row.size, &blob, stamp.size, &bytes)
             : unreadable(errno);
    if (verdict.content == Content::right && !bytes.empty()) verification_.claims.check(blob.id, bytes);
    if (verdict.content == Content::wrong) {
      report(blob, Damage::changed_content, verdict.why);
      return false;
    }
    if (verdict.content == Content::right_but_row_differs) {
      report(blob, Damage::damaged_row, "the file is right, but its row describes another");
      return false;
    }
    BlobRow renewed = blob.row;
    renewed.inode = stamp.inode;
    renewed.mtime_ns = stamp.mtime_ns;
    renewed.verified_at_ns = verification_.now_ns();
    if (!has_stamps_of(stamp, blob.row)) ++verification_.stamps_renewed;
    renewals_.add(blob.id, blob.row, renewed);
    blob.row = renewed;
    return true;
  }

  void report(KnownBlob& blob, Damage kind, std::string detail) {
    blob.object = KnownBlob::Object::differs;
    DamageFound damage{.damage = kind, .path = store_paths::object(blob.id), .detail = std::move(detail)};
    damage.blob = blob.id;
    verification_.report(std::move(damage));
  }

  Verification& verification_;
  const std::string folder_;
  std::vector<KnownBlob>& blobs_;
  Fd directory_;
  Renewals renewals_;
};

void look_for_foreign_folders(Verification& verification) {
  const Fd objects = open_directory(verification.store.root(), store_paths::kObjects);
  for (const ScannedName& name : scan_names(objects.get(), store_paths::kObjects)) {
    std::array<std::uint8_t, 1> byte;
    if (name.type == DT_DIR && from_hex(name.text, byte)) continue;
    DamageFound damage{.damage = Damage::extra, .path = std::string(store_paths::kObjects) + "/" + name.text};
    damage.detail = "no folder of objects has such a name";
    verification.report(std::move(damage));
  }
}

}  // namespace

void verify_blobs(Verification& verification) {
  for_each_in_parallel(verification.threads, Ledger::kShards,
                       [&](std::size_t number) { Shard(verification, number).run(); });
  look_for_foreign_folders(verification);
}

}  // namespace envstore
