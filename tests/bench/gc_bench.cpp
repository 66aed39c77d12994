// How fast a collection counts and deletes, and how long runs wait for it:
//   gc_bench DIRECTORY [trees] [files a tree] [bytes a file]
// Makes two equal stores of real files there. One is collected; in the other the same paths are removed
// without the collector.
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "gc/collect/collect.h"
#include "store/leases/lease.h"
#include "store/objects/tree.h"
#include "store/platform/format.h"
#include "store/platform/store_paths.h"
#include "store/snapshots/snapshot.h"

using namespace envstore;
using Clock_ = std::chrono::steady_clock;

namespace {

double seconds_since(Clock_::time_point begin) {
  return std::chrono::duration<double>(Clock_::now() - begin).count();
}

struct Size {
  int trees = 200, files = 1000, bytes = 2000;
};

SnapshotRecord record_of(const std::vector<std::pair<std::string, TreeId>>& trees) {
  SnapshotRecord record;
  record.interpreter = "bench";
  record.site_path = "lib/python3.11/site-packages";
  record.cache_tag = "cpython-311";
  for (const auto& [name, id] : trees) record.trees.push_back({id, name, "1.0"});
  return record;
}

TreeId make_tree(Store& store, Lease& lease, int number, const Size& size) {
  TreeBuilder builder(store, lease);
  for (int file = 0; file < size.files; ++file) {
    std::string content = format_text("{} {} ", number, file);
    content.resize(static_cast<std::size_t>(size.bytes), 'x');
    builder.add(format_text("site/package{}/part{}/module{}.txt", number, file / 50, file), Executable::no,
                as_bytes(content));
  }
  TreeInfo info;
  info.name = format_text("package{}", number);
  info.version = "1.0";
  info.wheel = WheelHash{sha256(as_bytes(info.name))};
  return builder.commit(info);
}

/// The first tree is in all snapshots, each other tree in one. Returns the pinned snapshot, which stays.
SnapshotId fill(Store& store, const Size& size) {
  auto lease = Lease::acquire(store, LeaseKind::ingest, {}, "bench");
  const TreeId common = make_tree(store, *lease, 0, size);
  const SnapshotRecord stays = record_of({{"package0", common}});
  place_snapshot(store, *lease, stays, Layout::farm, std::nullopt);
  for (int number = 1; number < size.trees; ++number) {
    const TreeId own = make_tree(store, *lease, number, size);
    place_snapshot(store, *lease, record_of({{"package0", common}, {format_text("package{}", number), own}}),
                   Layout::farm, std::nullopt);
  }
  lease.reset();
  Index::Write rows = store.index().durable_write();
  rows.put_root("pin:stays", {RootKind::pin, "stays", stays.id(), 1});
  rows.commit();
  store.index().promote(Index::Wait::yes);
  return stays.id();
}

/// The longest and the median time, in milliseconds, of the index work of a warm run.
struct Delays {
  double longest = 0, median = 0;
};

/// Repeats the work, with a pause between, until `stop` is closed or there are `most` times.
Delays run_until(const std::string& root, const SnapshotId& id, int stop, std::optional<std::size_t> most) {
  constexpr int kPauseMilliseconds = 2;
  const SystemClock clock;
  Store store = Store::open(root, clock);
  std::vector<double> times;
  pollfd end{stop, POLLIN, 0};
  do {
    const auto begin = Clock_::now();
    {
      store.index().read().cached_run(fingerprint(as_bytes("a run")));
      const auto lease = Lease::acquire(store, LeaseKind::run, {id}, "a run");
      if (!lease) std::abort();
      store.index().has_unpromoted();
    }
    times.push_back(seconds_since(begin) * 1000);
  } while (times.size() != most && poll(&end, 1, kPauseMilliseconds) == 0);
  std::sort(times.begin(), times.end());
  return {times.back(), times[times.size() / 2]};
}

/// The delays of a process that repeats this index work while `work` runs, or `most` times.
template <class Work>
Delays beside(const std::string& root, const SnapshotId& id, Work work,
              std::optional<std::size_t> most = std::nullopt) {
  int stop[2], answer[2];
  if (pipe2(stop, O_CLOEXEC) != 0 || pipe2(answer, O_CLOEXEC) != 0) std::abort();
  const pid_t child = fork();
  if (child == 0) {
    close(stop[1]);
    const Delays delays = run_until(root, id, stop[0], most);
    _exit(write(answer[1], &delays, sizeof delays) == sizeof delays ? 0 : 1);
  }
  work();
  if (!most) close(stop[1]);
  Delays delays;
  if (read(answer[0], &delays, sizeof delays) != sizeof delays) std::abort();
  if (most) close(stop[1]);
  waitpid(child, nullptr, 0);
  return delays;
}

void report_collection(const std::string& root, const SnapshotId& stays, double bare_seconds) {
  const SystemClock clock;
  std::string steps;
  GcReport report;
  double total = 0;
  constexpr std::size_t kIdleTimes = 400;
  const Delays idle = beside(
      root, stays, [] {}, kIdleTimes);
  const Delays busy = beside(root, stays, [&] {
    Store store = Store::open(root, clock);
    const char* step = "start";
    auto begin = Clock_::now();
    GcOptions options;
    options.policy.max_size = SizeLimit{.bytes = 1};
    options.policy.grace = {};
    options.progress = [&](const GcProgress& progress) {
      if (step == progress.step) return;
      steps += format_text("  {} {:.2f} s\n", step, seconds_since(begin));
      begin = Clock_::now();
      step = progress.step;
    };
    const auto all = Clock_::now();
    report = collect(store, options);
    total = seconds_since(all);
    steps += format_text("  {} {:.2f} s\n", step, seconds_since(begin));
  });
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::cout << format_text("collected: {} snapshots, {} trees, {} blobs in {:.2f} s\n{}",
                           report.deleted_snapshots, report.deleted_trees, report.deleted_blobs, total,
                           steps);
  std::cout << format_text("bare unlink of the same paths: {:.2f} s; ratio {:.2f}\n", bare_seconds,
                           bare_seconds / total);
  std::cout << format_text(
      "a run's index work, longest / median: idle {:.2f} / {:.2f} ms, beside gc {:.2f} / {:.2f} ms\n",
      idle.longest, idle.median, busy.longest, busy.median);
  std::cout << format_text("memory: {} MB\n", usage.ru_maxrss / 1024);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const std::string folder = argv[1];
  Size size;
  if (argc > 2) size.trees = std::atoi(argv[2]);
  if (argc > 3) size.files = std::atoi(argv[3]);
  if (argc > 4) size.bytes = std::atoi(argv[4]);
  const SystemClock clock;
  SnapshotId stays;
  for (const char* name : {"/bare", "/collected"}) {
    const auto begin = Clock_::now();
    Store store = Store::open(folder + name, clock);
    stays = fill(store, size);
    std::cout << format_text("{} trees of {} files made in {:.1f} s\n", size.trees, size.files,
                             seconds_since(begin));
    sync();
  }
  const auto begin = Clock_::now();
  for (const char* part : {"/bare/trees", "/bare/objects", "/bare/snapshots"})
    remove_tree(AT_FDCWD, folder + part);
  const double bare = seconds_since(begin);
  sync();
  report_collection(folder + "/collected", stays, bare);
  for (const char* name : {"/bare", "/collected"}) remove_tree(AT_FDCWD, folder + name);
  return 0;
}
