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
#include "store/platform/random.h"
#include "store/snapshot.h"

namespace envstore {
namespace {

/// Reads `source NUL slot NUL name` triples from a file and writes each .pyc beside its name, then renames.
constexpr const char* kCompiler = R"python(
import sys, os, py_compile
with open(sys.argv[1], 'rb') as jobs:
    fields = os.fsdecode(jobs.read()).split('\0')
mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
for i in range(0, len(fields) - 2, 3):
    source, slot, name = fields[i:i + 3]
    try:
        py_compile.compile(source, cfile=os.path.join(slot, name), dfile=source, doraise=True, invalidation_mode=mode)
    except (py_compile.PyCompileError, SyntaxError, ValueError, RecursionError, OSError):
        pass
)python";

class Child {
 public:
  Child(const std::string& python, const std::string& jobs_file) {
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
    children.push_back(std::make_unique<Child>(python, store.path() + "/" + file));
  }
  return std::all_of(children.begin(), children.end(), [](const auto& child) { return child->wait(); });
}

}  // namespace

void compile_bytecode(Store& store, const LaunchPlan& plan, CompilePriority priority) {
  if (store.is_read_only()) return;
  std::vector<SnapshotId> snapshots;
  for (const LayerPlan& layer : plan.layers) snapshots.push_back(layer.snapshot);
  auto lease = Lease::acquire(store, LeaseKind::ingest, snapshots, "compiling bytecode");
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
