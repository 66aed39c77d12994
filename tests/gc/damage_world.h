#pragma once
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "gc/repair/repair.h"
#include "gc/verify/verify.h"
#include "python/bytecode/pyc.h"
#include "store/objects/tree_info.h"
#include "store/objects/tree_rows.h"
#include "store/objects/tree_slots.h"
#include "store/snapshots/slots.h"
#include "store/snapshots/snapshot_file.h"
#include "tests/store/tree_world.h"

namespace envstore::testing {

/// A store with one snapshot of three packages, in both layouts, and functions that damage it.
class DamageWorld : public TreeWorld {
 public:
  DamageWorld() {
    demo = add_tree("demo", {{"site/demo/__init__.py", kDemo},
                             {"site/demo/data.bin", std::string(5000, 'd')},
                             {"site/demo/empty.txt", ""},
                             {"site/shared/one.py", "ONE = 1\n"},
                             {"+xbin/demo", "#!/bin/sh\n"},
                             {"site/demo/same_as_script.txt", "#!/bin/sh\n"},
                             {"data/etc/demo.conf", "a = 1\n"}});
    other = add_tree("other", {{"site/other.py", "OTHER = 1\n"}, {"site/shared/two.py", "TWO = 2\n"}});
    const TreeId alone = add_tree("alone", {{"site/alone/__init__.py", "ALONE = 1\n"}});
    const SnapshotRecord made = record({{"alone", alone}, {"demo", demo}, {"other", other}});
    Lease own = lease(store());
    RequestRow request{
        .canonical = "demo other", .snapshot = made.id(), .label = "script.py", .made_at_ns = 5};
    for (const Layout layout : {Layout::farm, Layout::forest})
      place_snapshot(store(), own, made, layout, request);
    snapshot = made.id();
    store().index().promote(Index::Wait::yes);
  }

  VerifyReport verified(VerifyDepth depth = VerifyDepth::quick) {
    VerifyOptions options;
    options.depth = depth;
    options.threads = 2;
    return verify(store(), derived, options);
  }
  /// `PATH: DAMAGE` for each damage found.
  std::vector<std::string> found(VerifyDepth depth = VerifyDepth::quick) {
    std::vector<std::string> lines;
    for (const DamageFound& damage : verified(depth).found)
      lines.push_back(damage.path + ": " + name_of(damage.damage));
    return lines;
  }

  std::string at(const TreeId& tree, const std::string& path) const {
    return store_paths::tree(tree) + "/" + path;
  }
  std::string object_of(const std::string& content) const {
    return store_paths::object(BlobId{sha256(as_bytes(content))});
  }
  std::string in_forest(const std::string& path) const {
    return store_paths::snapshot(snapshot, Layout::forest) + "/lib/python3.11/site-packages/" + path;
  }
  std::string in_farm(const std::string& path) const {
    return store_paths::snapshot(snapshot, Layout::farm) + "/lib/python3.11/site-packages/" + path;
  }
  FileStamp stamp(const std::string& path) { return *stat_at(store().root(), path, Links::do_not_follow); }
  std::string content(const std::string& path) { return read_file(store().root(), path); }

  /// Calls `change` with the absolute path while its directory is writable.
  void behind_the_back(const std::string& path, const std::function<void(const std::string&)>& change) {
    const std::string full = root() + "/" + path, parent = full.substr(0, full.rfind('/'));
    struct stat before {};
    if (::stat(parent.c_str(), &before) != 0) throw std::runtime_error("no " + parent);
    ::chmod(parent.c_str(), 0755);
    change(full);
    ::chmod(parent.c_str(), before.st_mode & 07777);
  }
  void write_into(const std::string& path, const std::string& text) {
    behind_the_back(path, [&](const std::string& full) {
      ::chmod(full.c_str(), 0644);
      const Fd fd(::open(full.c_str(), O_WRONLY | O_TRUNC));
      write_all(fd.get(), as_bytes(text), full);
      ::fchmod(fd.get(), 0444);
    });
  }
  /// Writes other bytes of the same size, and restores the times.
  void edit_with_restored_time(const std::string& path) {
    const FileStamp before = stamp(path);
    std::string text = content(path);
    text[text.size() / 2] = static_cast<char>(text[text.size() / 2] ^ 1);
    write_into(path, text);
    const timespec time{before.mtime_ns / 1'000'000'000, before.mtime_ns % 1'000'000'000};
    const timespec times[2] = {time, time};
    utimensat(store().root(), path.c_str(), times, 0);
    fchmodat(store().root(), path.c_str(), before.mode & 07777, 0);
  }
  void put_new_file(const std::string& path, const std::string& text, mode_t mode = 0444) {
    behind_the_back(path, [&](const std::string& full) {
      ::unlink(full.c_str());
      create_file(AT_FDCWD, full, text, mode);
    });
  }
  void remove(const std::string& path) {
    behind_the_back(path, [](const std::string& full) { ::unlink(full.c_str()); });
  }

  static constexpr const char* kDemo = "def answer():\n    return 42\n";
  const PycFiles derived;
  TreeId demo, other;
  SnapshotId snapshot;
};

/// A source that has `files`, and records in `asked` what was requested.
class FakeSource : public BlobSource {
 public:
  std::map<std::string, std::string> files;
  std::vector<std::string> asked;
  std::optional<std::string> fetch(const Wanted& wanted, std::string& why) override {
    asked.push_back(wanted.tree.name + " " + wanted.path);
    const auto file = files.find(wanted.path);
    if (file != files.end()) return file->second;
    why = "it is not to be had";
    return std::nullopt;
  }
};

}  // namespace envstore::testing
