#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "zip/error.h"
#include "zip/member.h"

// Reading an archive by byte ranges: first its end, then single members. The checks are those of Archive as
// far as the bytes at hand allow them; bytes between members stay unread. Throws Error.
namespace zip {

/// The members, in the order of the directory, each name once, from `tail`: the bytes of the file from
/// `tail_offset` to its end at `file_size`. nullopt: the tail is too short and must begin at `needs_from`,
/// which is below `tail_offset`.
std::optional<std::vector<Member>> read_tail(std::span<const std::byte> tail, std::uint64_t tail_offset,
                                             std::uint64_t file_size, std::uint64_t& needs_from);

/// How many bytes to read from the local header (`data_offset` of a member of read_tail) to get the whole
/// member, unless its extra field is unusually long.
std::uint64_t member_reach(const Member& member);

/// Unpacks a member of read_tail from bytes that begin with its local header and may be longer. Allocates
/// member.size bytes: check it first. nullopt: too short; `needs_size` is the number of bytes needed.
std::optional<std::string> read_member(std::span<const std::byte> from_header, const Member& member,
                                       std::uint64_t& needs_size);

}  // namespace zip
