#pragma once
#include <cstdint>
#include <string>

// Phrases that several reports share.

namespace envstore {

/// `1 snapshot`, `2 snapshots`.
std::string counted(std::uint64_t count, const char* noun);

/// The first digits of an id: enough to tell the ids of one store apart, and accepted by every command.
template <class Id>
std::string short_id(const Id& id) {
  constexpr std::size_t kShown = 12;
  return id.hex().substr(0, kShown);
}

}  // namespace envstore
