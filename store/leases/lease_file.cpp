#include "store/leases/lease_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <algorithm>
#include <array>
#include <charconv>

#include "store/platform/error.h"
#include "store/platform/folders.h"
#include "store/platform/lock.h"
#include "store/platform/store_paths.h"

namespace envstore {
namespace {

constexpr std::string_view kFirstLine = "envstore lease 1\n";
constexpr std::size_t kLargestFile = std::size_t{16} << 20;

// do not change these words: files contain them
constexpr std::array kKindNames = {"run", "ingest", "verify", "compile", "pip"};

std::string one_line(std::string_view text) {
  std::string line(text);
  std::replace_if(
      line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; },
      ' ');
  return line;
}

/// nullopt: the line has no end, so the file was cut short.
std::optional<std::string_view> take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

std::string_view take_word(std::string_view& line) {
  const std::size_t end = std::min(line.find(' '), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return word;
}

template <class Number>
bool read_number(std::string_view word, Number& number) {
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  return error == std::errc() && end == word.data() + word.size();
}

std::optional<LeaseKind> kind_named(std::string_view word) {
  const auto found = std::find(kKindNames.begin(), kKindNames.end(), word);
  if (found == kKindNames.end()) return std::nullopt;
  return static_cast<LeaseKind>(found - kKindNames.begin());
}

/// `KIND PID MADE-AT COUNT`; nullopt: the line has another form.
std::optional<std::size_t> read_facts(std::string_view line, LeaseRow& row) {
  const auto kind = kind_named(take_word(line));
  std::size_t count = 0;
  if (!kind || !read_number(take_word(line), row.pid) || !read_number(take_word(line), row.made_at_ns) ||
      !read_number(line, count))
    return std::nullopt;
  row.kind = *kind;
  return count;
}

enum class Lock { held, free };

std::vector<HeldLease> leases_with(const StoreReader& store, Lock wanted) {
  std::vector<HeldLease> found;
  for (const DirectoryEntry& entry : list_folder(store.root(), store_paths::kLeases)) {
    if (entry.type != DT_REG) continue;  // not a lease
    const std::string path = store_paths::lease(entry.name);
    const auto fd = try_open_file(store.root(), path, O_RDONLY);
    if (!fd) continue;  // the lease has ended
    const Lock lock = is_lock_free(fd->get(), kLeaseLock) ? Lock::free : Lock::held;
    if (lock != wanted) continue;
    const auto text = try_read_file(store.root(), path, kLargestFile);
    if (text) found.push_back({entry.name, parse_lease_file(*text)});
  }
  return found;
}

}  // namespace

std::string lease_file_text(const LeaseRow& row) {
  std::string text(kFirstLine);
  text.reserve(256);
  text += name_of(row.kind);
  for (const std::int64_t number : {row.pid, row.made_at_ns, static_cast<std::int64_t>(row.snapshots.size())})
    text += ' ' + std::to_string(number);
  text += '\n' + one_line(row.what) + '\n';
  return text + lease_file_addition(row.snapshots);
}

std::string lease_file_addition(const std::vector<SnapshotId>& snapshots) {
  std::string text;
  for (const SnapshotId& id : snapshots) text += id.hex() + '\n';
  return text;
}

std::optional<LeaseRow> parse_lease_file(std::string_view text) {
  if (!text.starts_with(kFirstLine)) return std::nullopt;
  text.remove_prefix(kFirstLine.size());
  LeaseRow row;
  const auto facts = take_line(text), what = take_line(text);
  const auto count = facts && what ? read_facts(*facts, row) : std::nullopt;
  if (!count) return std::nullopt;
  row.what = *what;
  while (!text.empty()) {
    const auto line = take_line(text);
    const auto id = line ? SnapshotId::parse(*line) : std::nullopt;
    if (!id) return std::nullopt;
    row.snapshots.push_back(*id);
  }
  if (row.snapshots.size() < *count) return std::nullopt;
  return row;
}

std::vector<HeldLease> held_leases(const StoreReader& store) {
  return leases_with(store, Lock::held);
}

std::vector<HeldLease> dropped_leases(const StoreReader& store) {
  return leases_with(store, Lock::free);
}

const char* name_of(LeaseKind kind) {
  const auto number = static_cast<std::size_t>(kind);
  return number < kKindNames.size() ? kKindNames[number] : "unknown";
}

std::string describe(const LeaseRow& row) {
  const std::string process = "process " + std::to_string(row.pid) + ", ";
  switch (row.kind) {
    case LeaseKind::run:
      return process + "running " + row.what;
    case LeaseKind::ingest:
      return process + "adding packages for " + row.what;
    case LeaseKind::verify:
      return process + row.what;
    case LeaseKind::compile:
      return process + row.what;
    case LeaseKind::pip:
      return process + "pip of " + row.what;
  }
  return process + row.what;
}

}  // namespace envstore
