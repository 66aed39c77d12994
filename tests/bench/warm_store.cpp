// The cost of the store in a warm run: open it, read a run cache entry, acquire and release a lease.
// `warm_store make ROOT` makes the store; `warm_store run ROOT` is one warm run; `warm_store nothing` is an
// empty process for comparison; `warm_store time ROOT TIMES` repeats the warm run in one process and prints
// microseconds.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "store/index/store.h"
#include "store/leases/lease.h"

namespace {

using namespace envstore;

const SystemClock kClock;
const Fingerprint kCachedRun = fingerprint(as_bytes("cached run"));
const SnapshotId kSnapshot{sha256(as_bytes("snapshot"))};

int fill(const char* root) {
  Store store = Store::open(root, kClock);
  Index::Write transaction = store.index().write();
  transaction.put(kSnapshot,
                  SnapshotRow{.record = std::string(2000, 'r'), .made_at_ns = 1, .layouts = {Layout::farm}});
  transaction.put_cached_run(
      kCachedRun,
      {.key_text = "cached run", .watched = {}, .snapshots = {kSnapshot}, .plan = std::string(1500, 'p')});
  for (int i = 0; i < 20'000; ++i) {
    BlobRow row;
    row.size = static_cast<std::uint64_t>(i);
    transaction.put(BlobId{sha256(as_bytes(std::to_string(i)))}, row);
  }
  transaction.commit();
  store.index().promote(Index::Wait::yes);
  return 0;
}

int warm(const char* root) {
  Store store = Store::open(root, kClock);
  const auto cached_run = store.index().read().cached_run(kCachedRun);
  if (!cached_run) return 1;
  return Lease::acquire(store, LeaseKind::run, cached_run->snapshots, "bench") ? 0 : 1;
}

int time_warm(const char* root, int times) {
  std::vector<double> all;
  for (int i = 0; i < times; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    if (warm(root) != 0) return 1;
    all.push_back(
        std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin).count());
  }
  std::sort(all.begin(), all.end());
  std::printf("median %.1f us, best %.1f us\n", all[all.size() / 2], all.front());
  return 0;
}

}  // namespace

int main(int count, char** words) {
  const std::string_view verb = count > 1 ? words[1] : "";
  if (verb == "nothing") return 0;
  if (verb == "make" && count == 3) return fill(words[2]);
  if (verb == "run" && count == 3) return warm(words[2]);
  if (verb == "time" && count == 4) return time_warm(words[2], std::max(1, std::atoi(words[3])));
  (void)std::fprintf(stderr, "usage: warm_store make|run|time ROOT [TIMES], or warm_store nothing\n");
  return 2;
}
