#include "gc/verify/verify_bytecode.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <map>
#include <set>

#include "gc/census/scan.h"
#include "gc/verify/file_hash.h"
#include "store/objects/slot_install.h"
#include "store/objects/slot_ledger.h"
#include "store/objects/tree_info.h"
#include "store/platform/error.h"

namespace envstore {
namespace {

struct Source {
  TreeId tree;
  std::string in_tree;
  std::string path() const { return store_paths::tree(tree) + "/" + in_tree; }
};
/// The sources of one slot by name, without suffix.
using SlotSources = std::map<std::string, Source>;

/// Allows unlinking in a sealed slot during its lifetime. Root needs no change of mode.
class OpenedSlot {
 public:
  explicit OpenedSlot(int directory) : directory_(directory) {}
  ~OpenedSlot() {
    if (is_opened_ && fchmod(directory_, 0555) != 0) return;  // the next verification finds it
  }
  OpenedSlot(const OpenedSlot&) = delete;
  OpenedSlot& operator=(const OpenedSlot&) = delete;

  /// Removes the file or directory of this name. True: it no longer exists.
  bool remove(const std::string& name) {
    if (unlinkat(directory_, name.c_str(), 0) == 0) return true;
    const int error = errno;
    if (error == ENOENT) return true;
    if (error == EACCES && !is_opened_) {
      is_opened_ = fchmod(directory_, 0755) == 0;
      return is_opened_ && remove(name);
    }
    if (error != EISDIR && error != EPERM) return false;
    try {
      remove_tree(directory_, name);
      return true;
    } catch (const Error&) {
      return false;
    }
  }

 private:
  int directory_;
  bool is_opened_ = false;
};

/// The slots of one owner, and the ledger of what was compiled into them.
class SlotsExamination {
 public:
  SlotsExamination(Verification& verification, std::string owner,
                   std::optional<std::uint32_t> claims_owner = std::nullopt)
      : verification_(verification),
        store_(verification.store),
        owner_(std::move(owner)),
        claims_owner_(claims_owner) {}

  std::vector<DamageFound> run(const std::map<std::string, SlotSources>& slots) {
    const auto stamp = stat_at(store_.root(), owner_, Links::do_not_follow);
    if (!stamp || !stamp->is_directory()) {
      if (!slots.empty() || stamp)
        add(stamp ? Damage::wrong_kind : Damage::missing, owner_, "the folder of bytecode slots is missing");
      return std::move(found_);
    }
    const Fd directory = open_directory(store_.root(), owner_);
    if (!has_readable_ledger()) return std::move(found_);
    std::set<std::string> seen;
    std::vector<std::string> foreign;
    for (const ScannedName& name : scan_names(directory.get(), owner_)) {
      const auto slot = slots.find(name.text);
      if (slot != slots.end())
        examine_slot(directory.get(), *seen.insert(name.text).first, slot->second);
      else if (name.type == DT_DIR && !is_slot_in_the_making(name.text))
        foreign.push_back(name.text);
    }
    drop(directory.get(), foreign);
    for (const auto& [name, sources] : slots)
      if (!seen.contains(name)) add(Damage::missing, owner_ + "/" + name, "the bytecode slot is missing");
    note_renewed();
    return std::move(found_);
  }

 private:
  using Origin = DerivedFiles::Origin;

  void add(Damage damage, std::string path, std::string detail) {
    found_.push_back({.damage = damage, .path = std::move(path), .detail = std::move(detail)});
  }

  bool has_readable_ledger() {
    try {
      ledger_ = SlotLedger::load(store_, owner_);
      return true;
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::damaged) throw;
      add(Damage::wrong_kind, owner_ + "/" + store_paths::kSlotLedger, error.what());
      return false;
    }
  }

  void examine_slot(int owner, const std::string& slot, const SlotSources& sources) {
    const std::optional<Fd> directory = try_open_directory(owner, slot);
    const std::string path = owner_ + "/" + slot;
    if (!directory) {
      // Removed by a collection, or exchanged for another slot at this moment.
      if (stat_at(owner, slot, Links::do_not_follow)) add(Damage::wrong_kind, path, "it is not a directory");
      return;
    }
    std::vector<std::string> foreign;
    for (const ScannedName& name : scan_names(directory->get(), path)) {
      if (name.type == DT_REG && verification_.derived.is_unfinished(name.text)) continue;
      const std::string fault = fault_in_slot(directory->get(), slot, name, sources);
      if (!fault.empty() && was_written_to(directory->get(), slot, name.text))
        add(Damage::foreign_bytecode, path + "/" + name.text, fault);
      else if (!fault.empty())
        foreign.push_back(name.text);
      verification_.looked_at(1);
    }
    if (foreign.empty()) return;
    // What was compiled since the ledger was first read is in it now.
    ledger_ = SlotLedger::load(store_, owner_);
    std::erase_if(foreign, [&](const std::string& name) {
      const auto stamp = stat_at(directory->get(), name, Links::do_not_follow);
      return !stamp ||
             fault_in_slot(directory->get(), slot,
                           {name, static_cast<unsigned char>(IFTODT(stamp->mode)), stamp->inode}, sources)
                 .empty();
    });
    drop(directory->get(), foreign);
  }

  std::string fault_in_slot(int directory, const std::string& slot, const ScannedName& name,
                            const SlotSources& sources) {
    const auto source_name = verification_.derived.source_of(name.text);
    const auto source = source_name ? sources.find(*source_name) : sources.end();
    if (name.type != DT_REG || source == sources.end()) return "no source has this bytecode";
    return fault_of(directory, slot, name.text, source->second);
  }

  /// True if the file that envstore compiled last under this name is still there, with other bytes. An
  /// interpreter never writes to an existing file: it replaces it.
  bool was_written_to(int directory, const std::string& slot, const std::string& name) const {
    const auto [first, last] = ledger_.of(slot + "/" + name);
    if (first == last) return false;
    const auto stamp = stat_at(directory, name, Links::do_not_follow);
    return stamp && stamp->is_regular() && std::prev(last)->second.inode == stamp->inode;
  }

  /// Removes derived files that envstore did not make: root's programs write into slots. The modules of the
  /// slot are compiled again.
  void drop(int directory, const std::vector<std::string>& names) {
    if (names.empty()) return;
    verification_.foreign_bytecode += names.size();
    if (store_.is_read_only()) return;
    OpenedSlot slot(directory);
    for (const std::string& name : names) slot.remove(name);
    for (const ScannedName& name : scan_names(open_directory(store_.root(), owner_).get(), owner_))
      if (name.type != DT_DIR && name.text.starts_with(store_paths::kCompletePrefix))
        unlink_if_there(store_.root(), owner_ + "/" + name.text);
  }

  /// What is wrong with the file. Empty: it is accounted for.
  std::string fault_of(int directory, const std::string& slot, const std::string& name,
                       const Source& source) {
    Fd file;
    if (verification_.hashes_all()) file = open_for_hashing(directory, name);
    const auto stamp =
        file ? std::optional(stat_open(file.get(), name)) : stat_at(directory, name, Links::do_not_follow);
    if (!stamp) return {};  // renamed over by a compiler at this moment
    const auto [first, last] = ledger_.of(slot + "/" + name);
    const bool has_noted_stamps = std::any_of(first, last, [&](const auto& line) {
      return line.second.inode == stamp->inode && line.second.mtime_ns == stamp->mtime_ns &&
             line.second.size == stamp->size;
    });
    if (has_noted_stamps && !verification_.hashes_all()) return {};
    if (stamp->size > kLargest) return "it is larger than any bytecode";
    if (!file) file = open_for_hashing(directory, name);
    const auto content = file ? read_whole(file.get(), stamp->size) : std::nullopt;
    if (!content) return errno == ENOENT ? std::string() : unreadable(errno).why;
    const std::optional<Origin> origin = verification_.derived.origin_of(*content);
    if (!origin) return "it is not bytecode";
    if (origin->kind == Origin::Kind::stamped) return fault_of_stamped(*origin, source);
    if (origin->kind != Origin::Kind::hashed) return "envstore compiles no bytecode of this kind";
    ++verification_.files_hashed;
    verification_.bytes_hashed += content->size();
    const auto line = std::find_if(first, last, [&](const auto& noted) {
      return noted.second.size == content->size() &&
             verification_.derived.is_hash(noted.second.hash, origin->maker, *content);
    });
    if (line == last) return "the ledger of compiled files does not have it";
    if (verification_.hashes_all() && !fits_source(*origin, source, has_noted_stamps))
      return "it was compiled from another source";
    if (!has_noted_stamps)
      renewed_ +=
          ledger_line(slot + "/" + name, {stamp->inode, stamp->size, line->second.hash, stamp->mtime_ns});
    return {};
  }

  /// Reads `size` bytes, and one more if the file has grown. Valid until the next call; nullopt: errno says
  /// why.
  std::optional<std::span<const std::byte>> read_whole(int file, std::size_t size) {
    if (buffer_.size() <= size) buffer_.resize(size + 1);
    std::size_t have = 0;
    while (have <= size) {
      const ssize_t got = pread(file, buffer_.data() + have, size + 1 - have, static_cast<off_t>(have));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return std::nullopt;
      if (got == 0) break;
      have += static_cast<std::size_t>(got);
      if (have == size) break;  // a read shorter than requested is the end
    }
    return std::span<const std::byte>(buffer_.data(), have);
  }

  /// A program wrote the file for itself, and checks the source's time and size before it uses the file.
  std::string fault_of_stamped(const Origin& origin, const Source& source) const {
    constexpr std::int64_t kSecond = 1'000'000'000;
    const auto stamp = stat_at(store_.root(), source.path(), Links::do_not_follow);
    if (stamp && origin.source_size == static_cast<std::uint32_t>(stamp->size) &&
        origin.source_mtime == static_cast<std::uint32_t>(stamp->mtime_ns / kSecond))
      return {};
    return "it is of another source than the one that is there";
  }

  /// A source that was changed is reported itself; its bytecode is checked when the source is right again.
  bool fits_source(const Origin& origin, const Source& source, bool may_wait) const {
    const auto manifest = verification_.manifest(source.tree);
    const auto& entries = manifest->entries();
    const auto entry =
        std::lower_bound(entries.begin(), entries.end(), source.in_tree,
                         [](const TreeEntry& one, const std::string& path) { return one.path < path; });
    if (entry == entries.end()) return true;
    if (may_wait && claims_owner_ && entry->size == 0)
      return verification_.derived.is_hash(origin.source_hash, origin.maker, {});
    if (may_wait && claims_owner_ && entry->size < kHashedAtOnce) {
      verification_.claims.add(entry->blob, origin.maker, origin.source_hash, *claims_owner_);
      return true;
    }
    const auto stamp = stat_at(store_.root(), source.path(), Links::do_not_follow);
    if (!stamp || !stamp->is_regular()) return true;
    const Verdict verdict = verification_.judge(store_.root(), source.path(), stamp->inode, entry->blob,
                                                entry->size, verification_.ledger.find(entry->blob));
    if (verdict.content == Content::wrong) return true;
    const std::optional<std::string> text = try_read_file(store_.root(), source.path(), kLargest);
    return !text || verification_.derived.is_hash(origin.source_hash, origin.maker, as_bytes(*text));
  }

  void note_renewed() {
    if (renewed_.empty() || store_.is_read_only()) return;
    const Fd ledger = open_file(store_.root(), owner_ + "/" + store_paths::kSlotLedger,
                                O_WRONLY | O_CREAT | O_APPEND, 0644);
    write_all(ledger.get(), as_bytes(renewed_), owner_);
  }

  static constexpr std::size_t kLargest = std::size_t{1} << 30;
  Verification& verification_;
  StoreWriter& store_;
  const std::string owner_;
  const std::optional<std::uint32_t> claims_owner_;
  SlotLedger ledger_;
  std::vector<std::byte> buffer_;
  std::string renewed_;
  std::vector<DamageFound> found_;
};

}  // namespace

std::vector<DamageFound> examine_tree_bytecode(Verification& verification, const TreeId& id,
                                               const TreeManifest& manifest,
                                               std::optional<std::uint32_t> claims_owner) {
  std::map<std::string, SlotSources> slots;
  const std::vector<std::string> directories = source_directories(manifest);
  for (const TreeEntry& entry : manifest.entries()) {
    if (!entry.path.starts_with("site/") || !is_source(entry.path)) continue;
    const std::size_t slash = entry.path.rfind('/');
    const auto directory =
        std::lower_bound(directories.begin(), directories.end(), entry.path.substr(0, slash));
    slots[std::to_string(directory - directories.begin())].emplace(
        std::string(without_source_suffix(entry.path).substr(slash + 1)), Source{id, entry.path});
  }
  return SlotsExamination(verification, store_paths::slots(id), claims_owner).run(slots);
}

std::vector<DamageFound> examine_snapshot_bytecode(Verification& verification, const SnapshotId& id,
                                                   const LayoutPlan& plan,
                                                   const std::vector<LayoutTree>& trees) {
  const std::string owner = store_paths::slots(id);
  std::map<std::string, std::string> slot_of;
  std::map<std::string, SlotSources> slots;
  for (const auto& cache : plan.caches)
    if (cache.slot.starts_with(owner + "/")) {
      slot_of[cache.directory] = cache.slot.substr(owner.size() + 1);
      slots[cache.slot.substr(owner.size() + 1)];
    }
  if (slots.empty()) return {};
  for (const auto* files : {&plan.links, &plan.hard_links, &plan.empty_files})
    for (const auto& file : *files) {
      const std::size_t slash = file.path.rfind('/');
      const auto slot = slot_of.find(file.path.substr(0, slash));
      if (slot == slot_of.end() || !is_source(file.path)) continue;
      slots[slot->second].emplace(std::string(without_source_suffix(file.path).substr(slash + 1)),
                                  Source{trees[file.tree].id, file.in_tree});
    }
  return SlotsExamination(verification, owner).run(slots);
}

}  // namespace envstore
