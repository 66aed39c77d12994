"""Concurrent runs, first runs, collections with max-age and grace 0, verifications and kills on one store.

    ENVSTORE_STRESS_SECONDS (20), ENVSTORE_TEST_SEED, ENVSTORE_STRESS_WORKERS (6)

Every program imports its modules one after another while it runs, so that removing a file in use makes it fail. The
schedule of each worker is seeded, but timing is not reproducible. The last line counts the actions and faults.

ENVSTORE_PROGRAM is the program, ENVSTORE_CHECK_STORE and ENVSTORE_CRASH_DRIVER are those of tests/crash. Every
sanitizer report is a fault, including those of background processes whose output is not read.
"""
import os
import pathlib
import random
import select
import shutil
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "crash"))

from store_world import ENVSTORE, SEED, TIMEOUT, World, has_command, make_wheel, quick_folder  # noqa: E402

SECONDS = float(os.environ.get("ENVSTORE_STRESS_SECONDS", "20"))
WORKERS = int(os.environ.get("ENVSTORE_STRESS_WORKERS", "6"))
PACKAGES, MODULES = 8, 12
LONGEST_PAUSE = 0.02  # seconds; between two imports
LONGEST_LIFE = 0.6  # seconds; until a kill

PROGRAM = """import importlib, sys, time
print('begun', flush=True)
for package, module in %r:
    found = importlib.import_module('pack%%d.part%%d' %% (package, module))
    if found.VALUE != package * 1000 + module:
        sys.exit('pack%%d.part%%d has another value' %% (package, module))
    time.sleep(%r)
print('ok', flush=True)
"""


def make_packages(folder):
    for i in range(PACKAGES):
        shared = "SHARED = %d\n" % (i % 2)
        make_wheel(folder, "pack%d" % i, "1.0", files={
            "pack%d/__init__.py" % i: "", "pack%d/shared.py" % i: shared, "stress_space/pack%d.py" % i: shared,
            **{"pack%d/part%d.py" % (i, j): "VALUE = %d\n" % (i * 1000 + j) for j in range(MODULES)}})


class Worker(threading.Thread):
    """Does random actions one after another until `until`. Read `faults` after the thread has ended."""

    def __init__(self, world, number, until, commands):
        super().__init__()
        self.world, self.number, self.until = world, number, until
        self.draw = random.Random("%d worker %d" % (SEED, number))
        self.done, self.faults = {}, []
        self.actions = [self.run_program] * 8 + [self.kill_supervisor] * 2 + [self.kill_everything] * 2
        if "gc" in commands:
            self.actions += [self.collect] * 3 + [self.kill_collection]
        if "verify" in commands:
            self.actions += [self.verify]

    def run(self):
        while time.monotonic() < self.until:
            action = self.draw.choice(self.actions)
            self.done[action.__name__] = self.done.get(action.__name__, 0) + 1
            try:
                action()
            except subprocess.TimeoutExpired as error:
                self.faults.append("%s hung: %s" % (action.__name__, error))

    def start_command(self, words, **options):
        return subprocess.Popen([str(word) for word in words], env=self.world.env, cwd=self.world.home, text=True,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)

    def start_program(self, **options):
        packages = self.draw.sample(range(PACKAGES), self.draw.randint(1, 4))
        modules = [(package, module) for module in range(MODULES) for package in packages]
        script = self.world.home / ("worker-%d-%d.py" % (self.number, self.draw.randrange(4)))
        listed = "".join('#   "pack%d",\n' % package for package in packages)
        script.write_text("# /// script\n# dependencies = [\n%s# ]\n# ///\n" % listed
                          + PROGRAM % (modules, self.draw.random() * LONGEST_PAUSE))
        layout = self.draw.choice(["farm", "farm", "forest"])
        return self.start_command(self.world.run_words(script, "--layout", layout), **options)

    def run_program(self):
        run = self.start_program()
        out, err = run.communicate(timeout=TIMEOUT)
        if (run.returncode, out) != (0, "begun\nok\n"):
            self.faults.append("a run ended with %s: %s%s" % (run.returncode, out, err))

    def wait_for_moment(self, process):
        """Waits for a random time, or until the process has ended."""
        try:
            process.wait(timeout=self.draw.random() * LONGEST_LIFE)
        except subprocess.TimeoutExpired:
            pass

    def kill_supervisor(self):
        """The program continues in an intact environment."""
        run = self.start_program()
        self.wait_for_moment(run)
        run.kill()
        out, err = run.communicate(timeout=TIMEOUT)  # until all processes that hold the pipes have ended
        if out not in ("", "begun\nok\n"):
            self.faults.append("a program whose supervisor was killed said %r: %s" % (out, err))

    def kill_everything(self):
        run = self.start_program(start_new_session=True)
        self.wait_for_moment(run)
        try:
            os.killpg(run.pid, 9)
        except ProcessLookupError:
            pass
        run.communicate(timeout=TIMEOUT)

    def gc_words(self):
        return [ENVSTORE, "gc", "--max-age", "0s", "--grace", "0s"]

    def collect(self):
        self.must_succeed(self.gc_words())

    def kill_collection(self):
        gc = self.start_command(self.gc_words())
        self.wait_for_moment(gc)
        gc.kill()
        gc.communicate(timeout=TIMEOUT)

    def verify(self):
        self.must_succeed([ENVSTORE, "verify", *self.draw.choice([[], ["--full"], ["--strict"], ["--sample", "30%"]])])

    def must_succeed(self, words):
        command = self.start_command(words)
        out, err = command.communicate(timeout=TIMEOUT)
        if command.returncode != 0:
            self.faults.append("%s ended with %s: %s%s" % (" ".join(words[1:]), command.returncode, out, err))


def processes_of(store):
    """pidfds of the processes that work on this store: background processes of runs are not our children."""
    found = []
    for entry in os.listdir("/proc"):
        try:
            words = pathlib.Path("/proc", entry, "cmdline").read_bytes().split(b"\0") if entry.isdigit() else []
            environment = pathlib.Path("/proc", entry, "environ").read_bytes().split(b"\0") if words else []
            if os.fsencode(store) in words or b"ENVSTORE_ROOT=" + os.fsencode(store) in environment:
                found.append(os.pidfd_open(int(entry)))
        except OSError:
            continue  # the process has ended
    return found


def wait_for_afterwork(store):
    """Waits until no process works on this store any more; one that ends may have started another."""
    while found := processes_of(store):
        for ended in found:
            if not select.select([ended], [], [], TIMEOUT)[0]:
                raise TimeoutError("somebody works on the store for ever")
            os.close(ended)


def have_reports_written(env, folder):
    """Makes every sanitized process of this environment write its reports to `folder`; other processes ignore it.

    Leak detection is off: it traces its own process, which a kill in the middle makes it report as an error, and which
    is impossible while the driver of tests/crash traces the process.
    """
    folder.mkdir()
    for name in ("ASAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS"):
        own = "log_path=%s/%s" % (folder, name.partition("_")[0].lower())
        env[name] = ":".join([*filter(None, [env.get(name)]), "detect_leaks=0", own])


def reports_in(folder):
    return ["%s: %s" % (path.name, path.read_text(errors="replace")) for path in sorted(folder.iterdir())]


def faults_afterwards(world, commands):
    """Returns the faults found after the workers: a collection must leave a sound store, and the next run must work."""
    faults = []
    wait_for_afterwork(world.store)
    if "gc" in commands:
        done = world.call([ENVSTORE, "gc", "--max-age", "0s", "--grace", "0s"])
        if done.returncode != 0:
            faults.append("the last collection failed: " + done.stderr)
    found, _ = world.check(*(["--swept"] if "gc" in commands else []))
    faults += ["in the end: " + line for line in found]
    done = world.whole(world.run_words(world.script))
    if done["out"] != "ok\n":
        faults.append("the last run failed: " + done["err"])
    return faults


def main():
    commands = {name for name in ("gc", "verify") if has_command(name)}
    home = pathlib.Path(tempfile.mkdtemp(prefix="envstore-stress-", dir=quick_folder()))
    try:
        world = World(home / "world")
        reports = home / "reports"
        have_reports_written(world.env, reports)
        make_packages(world.wheels)
        until = time.monotonic() + SECONDS
        workers = [Worker(world, number, until, commands) for number in range(WORKERS)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        faults = [fault for worker in workers for fault in worker.faults]
        faults += faults_afterwards(world, commands) + reports_in(reports)
        for fault in faults:
            print("fault: " + fault)
        done = {}
        for worker in workers:
            for name, count in worker.done.items():
                done[name] = done.get(name, 0) + count
        print(", ".join("%d %s" % (count, name) for name, count in sorted(done.items())) + ", %d faults" % len(faults))
        return 1 if faults else 0
    finally:
        subprocess.run(["chmod", "-R", "u+rwX", str(home)], check=False)
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
