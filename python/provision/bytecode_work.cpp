#include "python/provision/bytecode_work.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <memory>
#include <set>
#include <thread>

#include "store/bytecode.h"
#include "store/platform/child.h"
#include "store/platform/error.h"
#include "store/platform/files.h"
#include "store/platform/priority.h"
#include "store/platform/random.h"
#include "store/snapshot.h"

namespace envstore {
namespace {

/// Reads `source NUL slot NUL name` triples from a file. Each .pyc is written beside its name, noted in the
/// ledger of the slot's owner (store/bytecode_ledger.h), then renamed: what has a name has a line.
constexpr const char* kCompiler = R"python(
import sys, os, marshal, importlib.util, importlib.machinery
util, loader, ledgers = importlib.util, importlib.machinery.SourceFileLoader('<envstore>', ''), {}
with open(sys.argv[1], 'rb') as jobs:
    fields = os.fsdecode(jobs.read()).split('\0')
def note(slot, name, stamp, data):
    owner, number = os.path.split(slot)
    if owner not in ledgers:
        ledgers[owner] = os.open(os.path.join(owner, 'ledger'), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    hash = int.from_bytes(util.source_hash(data), 'little')
    line = '\n%d %d %d %016x %s/%s\n' % (stamp.st_ino, stamp.st_mtime_ns, stamp.st_size, hash, number, name)
    line = os.fsencode(line)
    if os.write(ledgers[owner], line) != len(line):
        raise OSError('no room for the ledger')
def put(slot, name, data):
    part = os.path.join(slot, '.%s.part' % os.urandom(8).hex())
    out = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
    try:
        with open(out, 'wb') as stream:
            stream.write(data)
            stream.flush()
            os.fchmod(out, 0o444)
            stamp = os.fstat(out)
        note(slot, name, stamp, data)
        os.rename(part, os.path.join(slot, name))
    except BaseException:
        os.unlink(part)
        raise
for i in range(0, len(fields) - 2, 3):
    source, slot, name = fields[i:i + 3]
    try:
        with open(source, 'rb') as stream:
            text = stream.read()
        code = loader.source_to_code(text, source)
        if '\n' not in name:
            put(slot, name, util.MAGIC_NUMBER + b'\1\0\0\0' + util.source_hash(text) + marshal.dumps(code))
    except (SyntaxError, ValueError, RecursionError, OSError, EOFError, MemoryError):
        pass
)python";

class Child {
 public:
  Child(const std::string& python, const std::string& jobs_file, CompilePriority priority) {
    // The program's own environment must not decide how its libraries are compiled.
    std::string arguments[] = {python, "-I", "-S", "-B", "-c", kCompiler, jobs_file};
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    char* environment[] = {nullptr};
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    for (const int fd : {0, 1, 2}) posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_RDWR, 0);
    const int fault = posix_spawn(&pid_, python.c_str(), &actions, nullptr, argv.data(), environment);
    posix_spawn_file_actions_destroy(&actions);
    if (fault != 0) throw_errno(fault, "start", python);
    if (priority == CompilePriority::idle) yield_to_all(pid_);  // it takes no lock
  }
  ~Child() { wait(); }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  bool wait() {
    if (pid_ <= 0) return is_ok_;
    is_ok_ = succeeded(wait_for_child(pid_));
    pid_ = -1;
    return is_ok_;
  }

 private:
  pid_t pid_ = -1;
  bool is_ok_ = false;
};

/// Slots are closed to writing but for the time of the compilation.
class OpenedSlots {
 public:
  explicit OpenedSlots(const std::vector<BytecodeJob>& jobs) {
    for (const BytecodeJob& job : jobs) slots_.insert(job.slot);
    for (const std::string& slot : slots_)
      if (chmod(slot.c_str(), 0755) != 0) {
        const int fault = errno;
        throw_errno(fault, "open for writing", slot);
      }
  }
  ~OpenedSlots() {
    for (const std::string& slot : slots_)
      if (chmod(slot.c_str(), 0555) != 0) continue;  // gone with its tree
  }
  OpenedSlots(const OpenedSlots&) = delete;
  OpenedSlots& operator=(const OpenedSlots&) = delete;

 private:
  std::set<std::string> slots_;
};

std::string job_text(const std::vector<BytecodeJob>& jobs, std::size_t part, std::size_t parts) {
  std::string text;
  for (std::size_t i = part; i < jobs.size(); i += parts) {
    text.append(jobs[i].source).push_back('\0');
    text.append(jobs[i].slot).push_back('\0');
    text.append(jobs[i].file_name).push_back('\0');
  }
  return text;
}

bool compile_layer(Store& store, Lease& lease, const std::string& python,
                   const std::vector<BytecodeJob>& jobs, CompilePriority priority) {
  const OpenedSlots opened(jobs);
  const std::size_t parts =
      priority == CompilePriority::idle ? 1 : std::clamp(std::thread::hardware_concurrency(), 1u, 16u);
  std::vector<std::unique_ptr<Child>> children;
  for (std::size_t part = 0; part < parts; ++part) {
    const std::string file = lease.tmp_directory() + "/" + random_name() + ".jobs";
    create_file(store.root(), file, job_text(jobs, part, parts), 0600);
    children.push_back(std::make_unique<Child>(python, store.path() + "/" + file, priority));
  }
  return std::all_of(children.begin(), children.end(), [](const auto& child) { return child->wait(); });
}

}  // namespace

void compile_bytecode(Store& store, const LaunchPlan& plan, CompilePriority priority) {
  if (store.is_read_only()) return;
  std::vector<SnapshotId> snapshots;
  for (const LayerPlan& layer : plan.layers) snapshots.push_back(layer.snapshot);
  // Not an ingest, which would keep a collection from every tree made since: what is compiled belongs to
  // these.
  auto lease = Lease::acquire(store, LeaseKind::run, snapshots, "compiling bytecode");
  if (!lease) return;
  for (const LayerPlan& layer : plan.layers) {
    const auto row = store.index().read().snapshot(layer.snapshot);
    if (!row) continue;
    const SnapshotRecord record = SnapshotRecord::parse(row->record);
    const std::vector<BytecodeJob> jobs = pending_bytecode(store, record, layer.layout);
    if (jobs.empty() || compile_layer(store, *lease, plan.interpreter, jobs, priority))
      mark_bytecode_complete(store, record);
  }
}

}  // namespace envstore
