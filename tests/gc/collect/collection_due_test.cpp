#include "gc/collect/collection_due.h"
#include "gc/census/collection_note.h"

#include <doctest/doctest.h>

#include "tests/gc/collect_world.h"

using namespace envstore;
using namespace envstore::testing;

TEST_CASE("a collection is due when the store has outgrown its cap or the disk is full, and not before") {
  CollectWorld world;
  Policy policy;
  CHECK(!is_collection_due(world.store, policy));
  world.folder.add_tree("a", {{"site/a.py", std::string(10'000, 'x')}});
  policy.max_size = SizeLimit{.bytes = 9'000};
  CHECK(is_collection_due(world.store, policy));
  write_collection_note(world.store, 5'000, false);  // as if half of it were shared
  CHECK(!is_collection_due(world.store, policy));
  world.folder.add_tree("b", {{"site/b.py", std::string(5'000, 'y')}});
  CHECK(is_collection_due(world.store, policy));
  write_collection_note(world.store, 15'000, true);  // it could not be met: the next one could not either
  CHECK(!is_collection_due(world.store, policy));
  policy.max_size.reset();
  write_collection_note(world.store, 15'000, false);
  policy.min_free = SizeLimit{.bytes = std::uint64_t{1} << 60};
  CHECK(is_collection_due(world.store, policy));
}
