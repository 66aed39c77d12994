#include "store/platform/codec.h"

#include <limits>

namespace envstore {
namespace {

std::uint32_t as_u32(std::size_t value) {
  if (value > std::numeric_limits<std::uint32_t>::max())
    throw Error(ErrorKind::invalid_input, "cannot write a row: a member has 4 GiB or more");
  return static_cast<std::uint32_t>(value);
}

}  // namespace

void Encoder::text(std::string_view value) {
  number(as_u32(value.size()));
  raw(value);
}

void Encoder::count(std::size_t elements) {
  number(as_u32(elements));
}

std::string_view Decoder::raw(std::size_t size) {
  if (size > rest_.size()) fail();
  const std::string_view bytes = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return bytes;
}

std::size_t Decoder::count(std::size_t smallest) {
  const std::size_t elements = number<std::uint32_t>();
  if (elements > rest_.size() / smallest) fail();
  return elements;
}

void Decoder::finish() const {
  if (!rest_.empty()) fail();
}

void Decoder::fail() {
  throw Error(ErrorKind::damaged, "cannot read a row of the index: it is malformed",
              "`envstore verify --rebuild-index` creates the index again from what is on disk");
}

}  // namespace envstore
