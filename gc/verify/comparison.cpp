#include "gc/verify/comparison.h"

#include <dirent.h>
#include <sys/stat.h>
#include <algorithm>
#include <cerrno>

#include "store/platform/error.h"
#include "store/platform/format.h"

namespace envstore {
namespace {

constexpr std::uint32_t kPermissions = 07777;
constexpr std::uint32_t kDirectoryMode = 0555;

unsigned char type_of(Expected::Kind kind) {
  return kind == Expected::Kind::link ? DT_LNK : kind == Expected::Kind::directory ? DT_DIR : DT_REG;
}

const char* kind_name(unsigned char type) {
  return type == DT_DIR   ? "a directory"
         : type == DT_LNK ? "a link"
         : type == DT_REG ? "a file"
                          : "a special file";
}

}  // namespace

/// A name in a directory: the entry itself, or the entries below it.
struct Comparison::Child {
  std::string_view name;
  const Expected* itself = nullptr;
  std::span<const Expected> below = {};
  bool is_directory() const { return !below.empty() || itself->kind == Expected::Kind::directory; }
};

std::vector<Comparison::Child> Comparison::children_of(std::span<const Expected> expected,
                                                       std::size_t prefix) {
  std::vector<Child> children;
  for (std::size_t i = 0; i < expected.size();) {
    const std::string_view rest = std::string_view(expected[i].path).substr(prefix);
    const std::size_t slash = rest.find('/');
    if (slash == std::string_view::npos) {
      children.push_back({rest, &expected[i++]});
      continue;
    }
    const std::string_view inside = std::string_view(expected[i].path).substr(0, prefix + slash + 1);
    const std::size_t first = i;
    while (i < expected.size() && expected[i].path.starts_with(inside)) ++i;
    children.push_back({rest.substr(0, slash), nullptr, expected.subspan(first, i - first)});
  }
  std::stable_sort(children.begin(), children.end(),
                   [](const Child& a, const Child& b) { return a.name < b.name; });
  // `a` (a directory listed itself), `a-b`, `a/c`: sorted by path, the two parts of `a` are not neighbours.
  const auto last = std::unique(children.begin(), children.end(), [](Child& a, const Child& b) {
    if (a.name != b.name) return false;
    if (!b.below.empty()) a.below = b.below;
    return true;
  });
  children.erase(last, children.end());
  return children;
}

bool Comparison::deviates(Damage damage, const Fd& directory, const std::string& path,
                          const std::string& name, std::string detail, const Expected* expected,
                          bool is_directory_expected) {
  return on_deviation_(
      {damage, path + "/" + name, std::move(detail), expected, is_directory_expected, directory.get(), name});
}

void Comparison::run(const std::string& path, const std::vector<Expected>& expected) {
  const Fd root = open_directory(verification_.store.root(), ".");
  const auto stamp = stat_at(root.get(), path, Links::do_not_follow);
  if (!stamp || !stamp->is_directory()) return;  // the caller has checked this
  const std::uint32_t mode = stamp->mode & kPermissions;
  // A directory that was just renamed into place, or is about to be moved, is writable by its owner.
  if (mode != kDirectoryMode && mode != 0755)
    on_deviation_(
        {Damage::wrong_mode, path, damage_of_mode(mode, kDirectoryMode), nullptr, true, root.get(), path});
  if (const auto directory = try_open_directory(root.get(), path)) compare(*directory, path, expected, 0);
}

void Comparison::compare(const Fd& directory, const std::string& path, std::span<const Expected> expected,
                         std::size_t prefix) {
  const std::vector<ScannedName> names = scan_names(directory.get(), path);
  const std::vector<Child> children = children_of(expected, prefix);
  auto name = names.begin();
  const auto pass_extra = [&](const ScannedName& extra) {
    deviates(Damage::extra, directory, path, extra.text, "nothing here has this name", nullptr);
  };
  for (const Child& child : children) {
    for (; name != names.end() && name->text < child.name; ++name) pass_extra(*name);
    if (name != names.end() && name->text == child.name) {
      check(directory, path, child, *name++, prefix);
      continue;
    }
    const std::string detail = child.is_directory()
                                   ? format_text("a directory, with {} things below it", child.below.size())
                                   : std::string("it is not there");
    if (deviates(Damage::missing, directory, path, std::string(child.name), detail, child.itself,
                 child.is_directory()) &&
        child.is_directory())
      enter(directory, path, child, prefix);
  }
  for (; name != names.end(); ++name) pass_extra(*name);
  verification_.looked_at(names.size());
}

void Comparison::check(const Fd& directory, const std::string& path, const Child& child,
                       const ScannedName& name, std::size_t prefix) {
  const unsigned char wanted =
      child.is_directory() ? static_cast<unsigned char>(DT_DIR) : type_of(child.itself->kind);
  if (name.type != wanted) {
    const std::string detail = format_text("it is {}, should be {}", kind_name(name.type), kind_name(wanted));
    if (deviates(Damage::wrong_kind, directory, path, name.text, detail, child.itself, wanted == DT_DIR) &&
        wanted == DT_DIR)
      enter(directory, path, child, prefix);
    return;
  }
  if (child.is_directory()) return enter(directory, path, child, prefix);
  const Expected& expected = *child.itself;
  if (expected.kind == Expected::Kind::blob) return check_blob(directory, path, expected, name);
  if (expected.kind == Expected::Kind::link) {
    const std::string target = read_link(directory.get(), name.text);
    if (target != expected.text)
      deviates(Damage::wrong_kind, directory, path, name.text,
               format_text("it leads to '{}', should to '{}'", target, expected.text), &expected);
    return;
  }
  if (expected.kind == Expected::Kind::document) {
    const auto stamp = stat_at(directory.get(), name.text, Links::do_not_follow);
    if (!stamp || stamp->size != expected.text.size() ||
        try_read_file(directory.get(), name.text) != expected.text)
      deviates(Damage::changed_content, directory, path, name.text, "it says something else", &expected);
  }
}

void Comparison::enter(const Fd& directory, const std::string& path, const Child& child, std::size_t prefix) {
  const std::string name(child.name);
  auto inner = try_open_directory(directory.get(), name);
  // A directory that its mode does not let us open still shows its mode.
  const auto stamp =
      inner ? stat_open(inner->get(), name) : stat_at(directory.get(), name, Links::do_not_follow);
  if (stamp && (stamp->mode & kPermissions) != kDirectoryMode &&
      deviates(Damage::wrong_mode, directory, path, name, damage_of_mode(stamp->mode, kDirectoryMode),
               child.itself, true))
    inner = try_open_directory(directory.get(), name);
  if (inner) compare(*inner, path + "/" + name, child.below, prefix + child.name.size() + 1);
}

void Comparison::check_blob(const Fd& directory, const std::string& path, const Expected& expected,
                            const ScannedName& name) {
  const TreeEntry& entry = *expected.entry;
  const KnownBlob* known = entry.size == 0 ? nullptr : verification_.ledger.find(entry.blob);
  const std::uint32_t mode = mode_of(entry.executable);
  if (known != nullptr && verification_.names_tell_inodes) {
    // The same inode as the object, which was checked there.
    if (known->object == KnownBlob::Object::sound && name.inode == known->row.inode &&
        (known->row.mode & kPermissions) == mode)
      return;
    if (known->object == KnownBlob::Object::differs && name.inode == known->seen_inode) return;
  }
  const auto stamp = stat_at(directory.get(), name.text, Links::do_not_follow);
  if (!stamp) {
    deviates(Damage::missing, directory, path, name.text, "it is not there", &expected);
    return;
  }
  if (known != nullptr && known->object == KnownBlob::Object::differs && stamp->inode == known->seen_inode)
    return;
  if ((stamp->mode & kPermissions) != mode) {
    deviates(Damage::wrong_mode, directory, path, name.text, damage_of_mode(stamp->mode, mode), &expected);
    return;
  }
  check_own_inode(directory, path, expected, name, *stamp, known);
}

/// Checks an empty file, a copy with the other mode, or a link to an earlier object: no row has its stamps,
/// so it is hashed each time.
void Comparison::check_own_inode(const Fd& directory, const std::string& path, const Expected& expected,
                                 const ScannedName& name, const FileStamp& stamp, const KnownBlob* known) {
  const TreeEntry& entry = *expected.entry;
  if (entry.size == 0 && stamp.size == 0) return;
  if (entry.size == 0) {
    deviates(Damage::changed_content, directory, path, name.text,
             format_text("it has {} bytes, should be empty", stamp.size), &expected);
    return;
  }
  const bool has_row_stamps = known != nullptr && stamp.inode == known->row.inode &&
                              stamp.mtime_ns == known->row.mtime_ns && stamp.size == known->row.size;
  if (has_row_stamps && !verification_.hashes_all()) return;
  const Verdict verdict =
      verification_.judge(directory.get(), name.text, stamp.inode, entry.blob, entry.size, known);
  if (verdict.content == Content::wrong)
    deviates(Damage::changed_content, directory, path, name.text, verdict.why, &expected);
}

}  // namespace envstore
