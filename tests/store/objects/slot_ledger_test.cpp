#include "store/objects/slot_ledger.h"

#include <doctest/doctest.h>

#include <iterator>

using namespace envstore;

TEST_CASE("a ledger skips truncated lines, and may have several lines for one file") {
  const std::string text = ledger_line("0/a.pyc", {.inode = 1, .size = 2, .hash = 3, .mtime_ns = 4}) +
                           "\n12 13 nonsense\n5 " +
                           ledger_line("0/a.pyc", {.inode = 9, .size = 2, .hash = 3, .mtime_ns = 4});
  const SlotLedger ledger = SlotLedger::parse(text);
  const auto [first, last] = ledger.of("0/a.pyc");
  REQUIRE(std::distance(first, last) == 2);
  CHECK(first->second.inode == 1);
  CHECK(first->second.mtime_ns == 4);
  CHECK(ledger.of("0/b.pyc").first == ledger.of("0/b.pyc").second);
  for (std::size_t size = 0; size < text.size(); ++size) SlotLedger::parse(text.substr(0, size));
}
