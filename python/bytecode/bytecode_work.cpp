#include "python/bytecode/bytecode_work.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <numeric>

#include "python/bytecode/pyc.h"
#include "store/objects/slot_install.h"
#include "store/platform/error.h"
#include "store/platform/files.h"
#include "store/platform/path_parts.h"
#include "store/platform/random.h"
#include "store/platform/store_paths.h"
#include "store/platform/thread_pool.h"
#include "store/process/child.h"
#include "store/process/child_output.h"
#include "store/process/priority.h"
#include "store/snapshots/slots.h"
#include "store/snapshots/snapshot.h"

namespace envstore {
namespace {

/// Reads `source NUL staged file NUL ledger NUL slot/name NUL number of the slot` records from a file, sorted
/// by slot. Writes each .pyc to its staged file and records it in the ledger of the slot's owner
/// (store/objects/slot_ledger.h). When a slot is complete, writes its number to stdout. Exit code 3: a
/// file could not be written (a full disk).
constexpr const char* kCompiler = R"python(
import sys, os, marshal, importlib.util, importlib.machinery
util, loader, ledgers, folder = importlib.util, importlib.machinery.SourceFileLoader('<envstore>', ''), {}, None
with open(sys.argv[1], 'rb') as jobs:
    fields = os.fsdecode(jobs.read()).split('\0')
def note(ledger, name, stamp, data):
    if ledger not in ledgers:
        ledgers[ledger] = os.open(ledger, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    hash = int.from_bytes(util.source_hash(data), 'little')
    line = '\n%d %d %d %016x %s\n' % (stamp.st_ino, stamp.st_mtime_ns, stamp.st_size, hash, name)
    line = os.fsencode(line)
    if os.write(ledgers[ledger], line) != len(line):
        raise OSError('no room for the ledger')
def put(path, ledger, name, data):
    global folder
    if folder != os.path.dirname(path):
        folder = os.path.dirname(path)
        os.makedirs(folder, exist_ok=True)
    out = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
    try:
        with open(out, 'wb') as stream:
            stream.write(data)
            stream.flush()
            os.fchmod(out, 0o444)
            stamp = os.fstat(out)
        note(ledger, name, stamp, data)
    except BaseException:
        os.unlink(path)
        raise
for i in range(0, len(fields) - 4, 5):
    source, path, ledger, name, number = fields[i:i + 5]
    data = None
    try:
        with open(source, 'rb') as stream:
            text = stream.read()
        code = loader.source_to_code(text, source)
        if '\n' not in name:
            data = util.MAGIC_NUMBER + b'\1\0\0\0' + util.source_hash(text) + marshal.dumps(code)
    except (SyntaxError, ValueError, RecursionError, OSError, EOFError, MemoryError):
        pass
    try:
        if data is not None:
            put(path, ledger, name, data)
    except OSError as fault:
        import errno
        if fault.errno in (None, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS):
            os._exit(3)
    if fields[i + 9:i + 10] != [number]:
        os.write(1, b'%s\n' % number.encode())
)python";

/// The destructor waits: a compiler whose pipe is closed ends with its next slot.
ChildProcess start_compiler(const std::string& python, const std::string& jobs_file, int output,
                            CompilePriority priority) {
  // Empty environment and -I: the user's environment must not affect how libraries are compiled.
  ChildProcess child = spawn({.arguments = {python, "-I", "-S", "-B", "-c", kCompiler, jobs_file},
                              .environment = std::vector<std::string>(),
                              .input = kNullDevice,
                              .output = to_descriptor(output),
                              .error_output = kNullDevice,
                              .abandoned = Abandoned::wait});
  if (priority == CompilePriority::idle) yield_to_all(child.pid());  // it takes no lock
  return child;
}

/// The jobs of one slot.
struct SlotWork {
  std::string slot, staged;  ///< relative to the store's root
  std::vector<const PendingSource*> jobs;
};

std::vector<SlotWork> by_slot(const StoreReader& store, Lease& lease,
                              const std::vector<PendingSource>& jobs) {
  std::map<std::string, std::vector<const PendingSource*>> sorted;
  for (const PendingSource& job : jobs) sorted[job.slot.relative].push_back(&job);
  const std::string stage = lease.tmp_directory() + "/slots-" + random_name();
  make_directory(store.root(), stage, 0700);
  std::vector<SlotWork> work;
  for (auto& [slot, of_slot] : sorted)
    work.push_back({slot, stage + "/" + std::to_string(work.size()), std::move(of_slot)});
  return work;
}

std::string job_text(const StoreReader& store, const SlotWork& work, const std::string& cache_tag,
                     std::size_t number) {
  const std::string owner = store.path() + "/" + parent_of(work.slot);
  std::string text;
  for (const PendingSource* job : work.jobs) {
    const std::string file_name = pyc_name(job->source.relative, cache_tag);
    for (const std::string& field :
         {job->source.absolute(), store.path() + "/" + work.staged + "/" + file_name,
          owner + "/" + store_paths::kSlotLedger, name_of(work.slot) + "/" + file_name,
          std::to_string(number)})
      text.append(field).push_back('\0');
  }
  return text;
}

/// Distributes the jobs over `parts` processes by whole slots, the largest first.
std::vector<std::string> share_out(const StoreReader& store, const std::vector<SlotWork>& work,
                                   const std::string& cache_tag, std::size_t parts) {
  std::vector<std::size_t> order(work.size());
  std::iota(order.begin(), order.end(), 0);
  if (parts > 1)
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return work[a].jobs.size() > work[b].jobs.size(); });
  std::vector<std::string> texts(parts);
  std::vector<std::size_t> loads(parts);
  for (const std::size_t number : order) {
    const auto part = static_cast<std::size_t>(std::min_element(loads.begin(), loads.end()) - loads.begin());
    texts[part] += job_text(store, work[number], cache_tag, number);
    loads[part] += work[number].jobs.size();
  }
  return texts;
}

/// Installs each slot when its compiler reports it complete. Returns when all compilers have ended.
void install_as_done(StoreWriter& store, const std::vector<SlotWork>& work, int told) {
  SlotInstaller installer(store);
  std::string rest;
  std::array<char, 4096> buffer;
  while (true) {
    const ssize_t size = read(told, buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) throw_errno(errno, "read from", "the compiler of bytecode");
    if (size == 0) return;
    rest.append(buffer.data(), static_cast<std::size_t>(size));
    for (std::size_t end = rest.find('\n'); end != std::string::npos; end = rest.find('\n')) {
      const SlotWork& done = work.at(std::stoul(rest.substr(0, end)));
      rest.erase(0, end + 1);
      if (stat_at(store.root(), done.staged, Links::do_not_follow)) installer.install(done.slot, done.staged);
    }
  }
}

bool compile_layer(StoreWriter& store, Lease& lease, const std::string& python, const std::string& cache_tag,
                   const std::vector<PendingSource>& jobs, CompilePriority priority) {
  const std::vector<SlotWork> work = by_slot(store, lease, jobs);
  const std::size_t parts = priority == CompilePriority::idle ? 1 : core_count(16);
  std::vector<ChildProcess> children;  // outlive `told`; its closed pipe ends them
  PipeEnds ends = make_pipe();
  const Fd told = std::move(ends.reader);
  {
    const Fd output = std::move(ends.writer);
    for (const std::string& text : share_out(store, work, cache_tag, std::min(parts, work.size()))) {
      const std::string file = lease.tmp_directory() + "/" + random_name() + ".jobs";
      create_file(store.root(), file, text, 0600);
      children.push_back(start_compiler(python, store.path() + "/" + file, output.get(), priority));
    }
  }
  install_as_done(store, work, told.get());
  bool is_complete = true;
  for (ChildProcess& child : children) is_complete = succeeded(child.wait()) && is_complete;
  return is_complete;
}

/// A marker must not outlive a power cut that empties the files which it speaks of. What is compiled in the
/// foreground is synced a moment later, by the promotion in the background.
bool is_on_disk(const StoreReader& store, CompilePriority priority) {
  return priority != CompilePriority::idle || syncfs(store.root()) == 0;
}

}  // namespace

void compile_bytecode(StoreWriter& store, const LaunchPlan& plan, CompilePriority priority) {
  if (store.is_read_only()) return;
  std::vector<SnapshotId> snapshots;
  for (const LayerPlan& layer : plan.layers) snapshots.push_back(layer.snapshot);
  // Not LeaseKind::ingest: that would keep the garbage collector from every tree made since. The compiled
  // files belong to these snapshots.
  auto lease = Lease::acquire(store, LeaseKind::compile, snapshots, "compiling bytecode");
  if (!lease) return;
  for (const LayerPlan& layer : plan.layers) {
    const auto row = store.index().read().snapshot(layer.snapshot);
    if (!row) continue;
    const SnapshotRecord record = SnapshotRecord::parse(row->record);
    const std::vector<PendingSource> jobs = pending_sources(store, record, layer.layout);
    if (jobs.empty() || (compile_layer(store, *lease, plan.interpreter, record.cache_tag, jobs, priority) &&
                         is_on_disk(store, priority)))
      mark_slots_complete(store, record);
  }
}

}  // namespace envstore
