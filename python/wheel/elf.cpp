#include <elf.h>

#include <cstring>

#include "python/wheel/names.h"
#include "python/wheel/wheel.h"
#include "store/platform/format.h"

namespace envstore {
namespace {

constexpr std::size_t kMostHeaders = 1024;
constexpr std::size_t kMostDynamicEntries = 65536;

struct Segment {
  std::uint64_t type = 0, offset = 0, address = 0, file_size = 0;
};

/// Reads numbers of an ELF file of either class and byte order. Out of bounds: nullopt.
class ElfView {
 public:
  static std::optional<ElfView> of(std::span<const std::byte> bytes) {
    if (bytes.size() < EI_NIDENT || std::memcmp(bytes.data(), ELFMAG, SELFMAG) != 0) return std::nullopt;
    const auto file_class = std::to_integer<int>(bytes[EI_CLASS]);
    const auto order = std::to_integer<int>(bytes[EI_DATA]);
    if ((file_class != ELFCLASS32 && file_class != ELFCLASS64) ||
        (order != ELFDATA2LSB && order != ELFDATA2MSB))
      return std::nullopt;
    return ElfView(bytes, file_class == ELFCLASS64, order == ELFDATA2MSB);
  }

  bool is_64() const { return is_64_; }
  std::uint64_t word_size() const { return is_64_ ? 8 : 4; }
  std::span<const std::byte> bytes() const { return bytes_; }

  std::optional<std::uint64_t> number(std::uint64_t at, std::uint64_t size) const {
    if (at > bytes_.size() || size > bytes_.size() - at) return std::nullopt;
    std::uint64_t value = 0;
    for (std::uint64_t i = 0; i < size; ++i) {
      const std::uint64_t from = is_big_ ? at + i : at + size - 1 - i;
      value = value << 8 | std::to_integer<std::uint64_t>(bytes_[static_cast<std::size_t>(from)]);
    }
    return value;
  }
  std::optional<std::uint64_t> word(std::uint64_t at) const { return number(at, word_size()); }

 private:
  ElfView(std::span<const std::byte> bytes, bool is_64, bool is_big)
      : bytes_(bytes), is_64_(is_64), is_big_(is_big) {}
  std::span<const std::byte> bytes_;
  bool is_64_, is_big_;
};

std::optional<Segment> segment_at(const ElfView& elf, std::uint64_t at) {
  const auto type = elf.number(at, 4);
  const auto offset = elf.word(at + (elf.is_64() ? 8 : 4));
  const auto address = elf.word(at + (elf.is_64() ? 16 : 8));
  const auto file_size = elf.word(at + (elf.is_64() ? 32 : 16));
  if (!type || !offset || !address || !file_size) return std::nullopt;
  return Segment{*type, *offset, *address, *file_size};
}

std::vector<Segment> segments_of(const ElfView& elf) {
  const auto table = elf.word(elf.is_64() ? 32 : 28);
  const auto entry_size = elf.number(elf.is_64() ? 54 : 42, 2);
  const auto count = elf.number(elf.is_64() ? 56 : 44, 2);
  if (!table || !entry_size || !count || *table > elf.bytes().size()) return {};
  std::vector<Segment> segments;
  for (std::uint64_t i = 0; i < *count && i < kMostHeaders; ++i) {
    const auto segment = segment_at(elf, *table + i * *entry_size);
    if (!segment) return {};
    segments.push_back(*segment);
  }
  return segments;
}

std::optional<std::uint64_t> offset_of_address(const std::vector<Segment>& segments, std::uint64_t address) {
  for (const Segment& segment : segments)
    if (segment.type == PT_LOAD && address >= segment.address &&
        address - segment.address < segment.file_size)
      return segment.offset + (address - segment.address);
  return std::nullopt;
}

std::string_view string_at(const ElfView& elf, std::uint64_t at) {
  if (at >= elf.bytes().size()) return {};
  const std::string_view rest(reinterpret_cast<const char*>(elf.bytes().data()) + at,
                              elf.bytes().size() - at);
  const std::size_t end = rest.find('\0');
  return end == std::string_view::npos ? std::string_view{} : rest.substr(0, end);
}

/// The values of DT_RPATH and DT_RUNPATH.
std::vector<std::string_view> search_paths(const ElfView& elf) {
  const std::vector<Segment> segments = segments_of(elf);
  std::optional<std::uint64_t> strings;
  std::vector<std::uint64_t> path_offsets;
  for (const Segment& segment : segments) {
    if (segment.type != PT_DYNAMIC || segment.offset > elf.bytes().size()) continue;
    const std::uint64_t count =
        std::min<std::uint64_t>(segment.file_size / (2 * elf.word_size()), kMostDynamicEntries);
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::uint64_t at = segment.offset + i * 2 * elf.word_size();
      const auto tag = elf.word(at);
      const auto value = elf.word(at + elf.word_size());
      if (!tag || !value || *tag == DT_NULL) break;
      if (*tag == DT_STRTAB) strings = offset_of_address(segments, *value);
      if (*tag == DT_RPATH || *tag == DT_RUNPATH) path_offsets.push_back(*value);
    }
  }
  std::vector<std::string_view> paths;
  if (!strings) return paths;
  for (const std::uint64_t offset : path_offsets)
    if (offset <= elf.bytes().size()) paths.push_back(string_at(elf, *strings + offset));
  return paths;
}

/// The rest of an entry after $ORIGIN; nullopt: it does not begin with $ORIGIN.
std::optional<std::string_view> behind_origin(std::string_view entry) {
  for (const std::string_view spelling : {std::string_view("$ORIGIN"), std::string_view("${ORIGIN}")}) {
    if (!entry.starts_with(spelling)) continue;
    const std::string_view rest = entry.substr(spelling.size());
    if (rest.empty() || rest.front() == '/') return rest;
  }
  return std::nullopt;
}

/// `directory` followed by `relative`, without `.` and `..`; nullopt: above the root.
std::optional<std::string> resolve(std::string_view directory, std::string_view relative) {
  std::vector<std::string_view> parts;
  for (std::string_view rest : {directory, relative}) {
    while (!rest.empty()) {
      const std::size_t slash = rest.find('/');
      const std::string_view part = rest.substr(0, slash);
      rest = slash == std::string_view::npos ? std::string_view{} : rest.substr(slash + 1);
      if (part.empty() || part == ".") continue;
      if (part != "..")
        parts.push_back(part);
      else if (parts.empty())
        return std::nullopt;
      else
        parts.pop_back();
    }
  }
  return joined(parts, "/");
}

}  // namespace

std::optional<std::string> escaping_runpath(std::span<const std::byte> file, std::string_view path,
                                            const std::function<bool(std::string_view)>& has_directory) {
  const auto elf = ElfView::of(file);
  if (!elf) return std::nullopt;
  const std::size_t slash = path.rfind('/');
  const std::string_view directory =
      slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
  for (std::string_view list : search_paths(*elf)) {
    while (!list.empty()) {
      const std::size_t colon = list.find(':');
      const std::string_view entry = list.substr(0, colon);
      list = colon == std::string_view::npos ? std::string_view{} : list.substr(colon + 1);
      const auto relative = behind_origin(entry);
      // Without `..` the loader only descends from where it found the file, so it leaves no directory link.
      if (!relative || relative->find("..") == std::string_view::npos) continue;
      const auto target = resolve(directory, *relative);
      if (!target || !(target->empty() || has_directory(*target)))
        return format_text("the library search path {} of {} leaves the distribution", printable(entry),
                           printable(path));
    }
  }
  return std::nullopt;
}

}  // namespace envstore
