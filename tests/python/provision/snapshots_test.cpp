#include "python/provision/snapshots.h"

#include <doctest/doctest.h>

using namespace envstore;

namespace {

SnapshotRecord record(const std::string& interpreter, std::vector<std::string> forced_forest = {}) {
  SnapshotRecord record;
  record.interpreter = interpreter;
  record.forced_forest = std::move(forced_forest);
  return record;
}

}  // namespace

TEST_CASE("layers have the layouts that were requested") {
  for (const Layout layout : {Layout::farm, Layout::forest}) {
    const Snapshots snapshots = laid_out({record("a"), record("b")}, layout);
    CHECK(snapshots == Snapshots{{{record("a").id(), layout}, {record("b").id(), layout}}});
  }
}

TEST_CASE("one distribution that needs real paths makes forests of all layers") {
  const auto layers = {record("a"), record("b", {"demo"})};
  CHECK(laid_out(layers, Layout::farm) == laid_out(layers, Layout::forest));
  CHECK_FALSE(laid_out({record("a")}, Layout::farm) == laid_out({record("a")}, Layout::forest));
}

TEST_CASE("printed snapshots have ids and layouts") {
  CHECK(to_json(Snapshots()) == "[]");
  CHECK(to_json(Snapshots{{{SnapshotId{{1, 2}}, Layout::forest}}}) ==
        R"([{"id":"0102)" + std::string(60, '0') + R"(","layout":"forest"}])");
}
