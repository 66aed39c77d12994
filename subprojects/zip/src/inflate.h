#pragma once
#include <cstddef>
#include <span>

#include "zip/member.h"

namespace zip {

/// Unpacks the data of a member into `out`, which has its size; checks that all input is used, the size and
/// the CRC.
void unpack(std::span<const std::byte> data, const Member& member, std::span<std::byte> out);

}  // namespace zip
