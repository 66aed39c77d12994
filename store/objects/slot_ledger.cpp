#include "store/objects/slot_ledger.h"

#include <algorithm>
#include <charconv>

#include "store/platform/format.h"
#include "store/platform/store_paths.h"

namespace envstore {
namespace {

constexpr std::size_t kLargestLedger = std::size_t{256} << 20;

template <class Number>
bool take_number(std::string_view& line, Number& value, int base) {
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), value, base);
  const auto taken = static_cast<std::size_t>(end - line.data());
  if (error != std::errc() || taken == line.size() || line[taken] != ' ') return false;
  line.remove_prefix(taken + 1);
  return true;
}

template <class Visit>
void each_line(std::string_view text, Visit visit) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    DerivedFile file;
    if (take_number(line, file.inode, 10) && take_number(line, file.mtime_ns, 10) &&
        take_number(line, file.size, 10) && take_number(line, file.hash, 16))
      visit(line, file);
  }
}

}  // namespace

SlotLedger SlotLedger::parse(std::string_view text) {
  SlotLedger ledger;
  each_line(text, [&](std::string_view name, const DerivedFile& file) { ledger.lines_.emplace(name, file); });
  return ledger;
}

std::unordered_map<std::string_view, std::uint64_t> derived_sizes(std::string_view text) {
  std::unordered_map<std::string_view, std::uint64_t> sizes;
  each_line(text, [&](std::string_view name, const DerivedFile& file) { sizes[name] = file.size; });
  return sizes;
}

SlotLedger SlotLedger::load(const StoreReader& store, const std::string& owner_directory) {
  return parse(try_read_file(store.root(), owner_directory + "/" + store_paths::kSlotLedger, kLargestLedger)
                   .value_or(std::string()));
}

std::string ledger_line(const std::string& name, const DerivedFile& file) {
  return format_text("\n{} {} {} {:016x} {}\n", file.inode, file.mtime_ns, file.size, file.hash, name);
}

}  // namespace envstore
