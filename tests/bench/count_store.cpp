// The cost of counting a store, planning a collection and computing its usage.
// `count_store make ROOT BLOBS` makes an index with that many blobs in trees of 500, a tenth of them shared
// between two trees, and snapshots of 20 trees; `count_store count ROOT` counts it and prints the time of
// each step in milliseconds, the peak memory, and the final memory without the index's mapped pages.
#include <sys/resource.h>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>

#include "gc/census/usage.h"
#include "gc/collect/plan.h"
#include "store/snapshots/snapshot.h"

namespace {

using namespace envstore;

const SystemClock kClock;
constexpr int kBlobsATree = 500, kTreesASnapshot = 20, kBatch = 20'000;

template <class AnId>
AnId id_of(const char* kind, int number) {
  return AnId{sha256(as_bytes(kind + std::to_string(number)))};
}

void make_blobs(Store& store, int blobs) {
  for (int first = 0; first < blobs; first += kBatch) {
    Index::Write rows = store.index().write();
    for (int i = first; i < std::min(blobs, first + kBatch); ++i) {
      const auto id = id_of<BlobId>("blob", i);
      BlobRow row;
      row.size = static_cast<std::uint64_t>(i % 30'000);
      rows.put(id, row);
      rows.link_blob_to_tree(id, id_of<TreeId>("tree", i / kBlobsATree));
      if (i % 10 == 0)
        rows.link_blob_to_tree(id, id_of<TreeId>("tree", (i / kBlobsATree + 7) % (blobs / kBlobsATree)));
    }
    rows.commit();
    store.index().promote(Index::Wait::yes);
  }
}

void make_snapshots(Store& store, int trees) {
  Index::Write rows = store.index().write();
  for (int tree = 0; tree < trees; ++tree)
    rows.put(id_of<TreeId>("tree", tree), TreeRow{.name = "package" + std::to_string(tree),
                                                  .version = "1.0",
                                                  .wheel = {},
                                                  .wheel_filename = {},
                                                  .origin = {},
                                                  .forest_reason = {},
                                                  .has_pth = false,
                                                  .top_level = {},
                                                  .files = 500,
                                                  .bytes = 1,
                                                  .made_at_ns = 1});
  for (int snapshot = 0; snapshot < trees; ++snapshot) {
    SnapshotRecord record;
    record.interpreter = std::to_string(snapshot);
    for (int i = 0; i < kTreesASnapshot; ++i)
      record.trees.push_back({id_of<TreeId>("tree", (snapshot + i * i) % trees), "package", "1.0"});
    rows.put(record.id(),
             SnapshotRow{.record = record.canonical(), .made_at_ns = 1 + snapshot, .layouts = {}});
  }
  rows.commit();
  store.index().promote(Index::Wait::yes);
}

int make(const char* root, int blobs) {
  Store store = Store::open(root, kClock);
  make_blobs(store, blobs);
  make_snapshots(store, blobs / kBlobsATree);
  return 0;
}

/// Excludes the mapped pages of the index, which belong to the page cache. -1: unknown.
long own_memory_kib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("RssAnon:")) return std::atol(line.c_str() + line.find(':') + 1);
  return -1;
}

int count(const char* root) {
  auto begin = std::chrono::steady_clock::now();
  const auto step = [&](const char* name) {
    const auto now = std::chrono::steady_clock::now();
    std::printf("%s %.1f ms\n", name, std::chrono::duration<double, std::milli>(now - begin).count());
    begin = now;
  };
  Store store = Store::open(root, kClock);
  const Census census = take_census(store);
  step("census");
  Policy policy;
  policy.max_size = SizeLimit{.bytes = census.total_bytes() / 2, .percent = 0};
  const GcPlan plan = plan_gc(census, policy);
  step("plan");
  const Usage usage = usage_of(census);
  step("usage");
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  std::printf(
      "%zu snapshots, %zu groups, %llu blobs, %zu go, %zu packages; largest %ld MB, %ld MB of it own\n",
      census.snapshots.size(), census.groups.size(), static_cast<unsigned long long>(census.total_blobs()),
      plan.going.size(), usage.packages.size(), used.ru_maxrss / 1024, own_memory_kib() / 1024);
  return 0;
}

}  // namespace

int main(int arguments, char** words) {
  const std::string_view verb = arguments > 1 ? words[1] : "";
  if (verb == "make" && arguments == 4) return make(words[2], std::max(1, std::atoi(words[3])));
  if (verb == "count" && arguments == 3) return count(words[2]);
  std::fprintf(stderr, "usage: count_store make ROOT BLOBS, or count_store count ROOT\n");
  return 2;
}
