"""Kills, failing calls, lost rows and wrong clocks at every system call of every command: the store stays sound, and
the next command works.

By default a seeded selection of points (ENVSTORE_TEST_SEED; ENVSTORE_TEST_FACTOR multiplies their number), with
ENVSTORE_TEST_LONG=1 all of them. To repeat one failed point, set ENVSTORE_TEST_POINT='SCENARIO MODE N' as printed.
"""
import concurrent.futures
import contextlib
import fcntl
import os
import pathlib
import queue
import random
import shlex
import shutil
import signal
import struct
import subprocess
import tempfile
import unittest

from store_world import ENVSTORE, LONG, SEED, TIMEOUT, World, has_command, quick_folder

KILLS = ["kill", "kill-all"]
YEARS = 10 * 365 * 24 * 3600
#: Events injected at a point while the command continues. {volatile}: the volatile index of this boot.
EVENTS = {
    "volatile-lost": ["--shell", "rm -rf {volatile}"],
    "other-boot": ["--shell", "test ! -d {volatile} || mv {volatile} $(dirname {volatile})/$(cat /proc/sys/kernel/random/uuid)"],
    "clock-ahead": ["--clock", YEARS],
    "clock-back": ["--clock", -YEARS],
}
ERRORS = ["enospc", "eio", "emfile", "eintr"]
POINTS_A_MODE = {"kill": 7, "kill-all": 6, "enospc": 3, "eio": 4, "emfile": 3, "eintr": 2,
                 "volatile-lost": 3, "other-boot": 3, "clock-ahead": 2, "clock-back": 2}
FACTOR = int(os.environ.get("ENVSTORE_TEST_FACTOR", "1"))
WORKERS = min(4, os.cpu_count() or 1)


class Scenario:
    """A command, the store that it starts from, and the commands that follow it."""

    heals = False  # the initial store is damaged, and stays damaged if the command is stopped early

    def __init__(self, world):
        self.world = world
        self.begin()
        world.keep_as("template")
        self.durable = world.check()[1] if not self.heals else set()

    def begin(self):
        """Makes the store that the command starts from."""
        self.world.store.mkdir(mode=0o700)

    def words(self):
        return self.world.run_words(self.world.script)

    def ready(self):
        """Makes a store in which alpha's snapshot is known, compiled and durable."""
        self.world.clear()
        self.finish(self.world.run_words(self.world.script))

    def finish(self, words):
        done = self.world.whole(words)
        if done["exit"] != 0:
            raise AssertionError("%s ended with %s:\n%s" % (words, done["exit"], done["out"] + done["err"]))
        return done

    def next_commands(self):
        """Both scripts run, whether or not the store has their snapshots."""
        for script in (self.world.script, self.world.other):
            if self.finish(self.world.run_words(script))["out"] != "ok\n":
                raise AssertionError("the next run of %s did not say ok" % script.name)

    def faults_at(self, mode, number):
        """Returns the faults found when the command is disturbed at one point."""
        world = self.world
        world.restore("template")
        with self.beside() as faults_beside:
            done = world.drive(["--program", "envstore", *self.options_of(mode, number)], self.words())
        faults = faults_beside + ["crashed: " + text for text in done["crashed"]] + ["it hung"] * done["hung"]
        if mode not in KILLS and done["exit"] not in (0, 1, 3, 11, 127):
            faults.append("ended with %s: %s" % (done["exit"], done["err"]))
        if mode not in KILLS and done["exit"] != 0 and not (done["out"] + done["err"]).strip():
            faults.append("failed without a message")
        found, durable = world.check()
        if not self.heals:
            # With a clock years ahead, everything without a root is too old, and the daily collection removes it.
            staying = set() if mode == "clock-ahead" else self.staying()
            faults += found + ["lost: " + line for line in sorted(staying - durable)]
        try:
            self.next_commands()
        except AssertionError as error:
            faults.append("next command: %s" % error)
        faults += ["after the next command: " + text for text in world.check()[0]]
        return ["%s (%s %s)" % (fault, done["program"], done["call"]) for fault in faults]

    def options_of(self, mode, number):
        if mode in KILLS:
            return ["--%s" % mode, number]
        if mode in ERRORS:
            return ["--select", mode, "--fail", number]
        boot = pathlib.Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        volatile = shlex.quote(str(self.world.store / "volatile" / boot))
        return ["--at", number, *[str(word).format(volatile=volatile) for word in EVENTS[mode]]]

    @contextlib.contextmanager
    def beside(self):
        """Runs something concurrently with the command. Yields a list of faults, which is complete on exit."""
        yield []

    def staying(self):
        """What was durable before the command and must be durable after it."""
        return self.durable

    def count(self, mode):
        self.world.restore("template")
        select = mode if mode in ERRORS else "changes"
        return self.world.drive(["--program", "envstore", "--select", select], self.words())["calls"]


class ColdRun(Scenario):
    pass


class WarmRun(Scenario):
    def begin(self):
        self.ready()


class SecondColdRun(Scenario):
    """A cold run into a store with durable rows, as a forest, sharing one tree and one blob with the first run."""

    def begin(self):
        self.ready()

    def words(self):
        return self.world.run_words(self.world.other, "--layout", "forest")


@contextlib.contextmanager
def held_lock(store, name):
    """Holds a lock of a store that was never used."""
    (store / "locks").mkdir(mode=0o700)
    with open(store / "locks" / name, "w+") as lock:
        fcntl.fcntl(lock, fcntl.F_OFD_SETLK, struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 1, 0))
        yield


class Promotion(Scenario):
    """The background work of a first run: promotion and compilation of modules."""

    def begin(self):
        self.world.store.mkdir(mode=0o700)
        with held_lock(self.world.store, "promote.lock"):
            done = self.world.call(self.world.run_words(self.world.script))
            if done.returncode != 0:
                raise AssertionError(done.stderr)
            self.finish_words = self.stop_afterwork()

    def stop_afterwork(self):
        """Kills the process that waits for the lock and returns its command line."""
        while True:
            for entry in os.listdir("/proc"):
                try:
                    words = pathlib.Path("/proc", entry, "cmdline").read_bytes().split(b"\0") if entry.isdigit() else []
                    if b"finish-run" in words and os.fsencode(self.world.store) in words:
                        os.kill(int(entry), signal.SIGKILL)
                        return [ENVSTORE, *[os.fsdecode(word) for word in words[1:-1]]]
                except OSError:
                    continue  # the process has ended

    def words(self):
        return self.finish_words


class Rebuild(Scenario):
    """The index is lost and rebuilt from the files on disk."""

    heals = True
    command = "verify"

    def begin(self):
        self.ready()
        (self.world.store / "index" / "data.mdb").unlink()
        shutil.rmtree(self.world.store / "volatile")

    def words(self):
        return [ENVSTORE, "verify", "--rebuild-index"]

    def next_commands(self):
        self.finish(self.words())
        super().next_commands()


class Repair(Scenario):
    """A file was changed through a link."""

    heals = True
    command = "verify"

    def begin(self):
        self.ready()
        path = next(self.world.store.glob("trees/*/site/beta.py"))
        path.chmod(0o644)
        path.write_text("VALUE = 'poisoned'\n")
        path.chmod(0o444)

    def words(self):
        return [ENVSTORE, "verify", "--repair", "--full"]

    def next_commands(self):
        self.finish(self.words())
        super().next_commands()


class Collection(Scenario):
    """A collection with max-age 0s and grace 0s: everything unused is removed at once."""

    command = "gc"

    def begin(self):
        self.ready()
        self.finish(self.world.run_words(self.world.other))

    def words(self):
        return [ENVSTORE, "gc", "--max-age", "0s", "--grace", "0s"]

    def staying(self):
        return set()

    def next_commands(self):
        super().next_commands()
        self.finish(self.words())
        found, _ = self.world.check("--swept")
        if found:
            raise AssertionError("after a collection: " + "; ".join(found))
        super().next_commands()


class CollectionBesideRun(Collection):
    """A run with a lease imports more of its packages after the collection has ended."""

    def begin(self):
        super().begin()
        self.waiting = self.world.home / "waiting.py"
        text = self.world.script.read_text()
        self.waiting.write_text(text.replace("\nimport ", "\nimport sys\nprint('begun', flush=True)\nsys.stdin.readline()\nimport "))
        self.finish(self.world.run_words(self.world.script))

    @contextlib.contextmanager
    def beside(self):
        faults = []
        run = subprocess.Popen(self.world.run_words(self.waiting), env=self.world.env, cwd=self.world.home, text=True,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if run.stdout.readline() != "begun\n":
            raise AssertionError(run.communicate()[1])
        try:
            yield faults
        finally:
            out, err = run.communicate("\n", timeout=TIMEOUT)
        if (run.returncode, out) != (0, "ok\n"):
            faults.append("the run beside it ended with %s: %s%s" % (run.returncode, out, err))


SCENARIOS = [ColdRun, WarmRun, SecondColdRun, Promotion, Rebuild, Repair, Collection, CollectionBesideRun]


class Pool:
    """Instances of one scenario, each in its own world at its own path, shared by the worker threads."""

    def __init__(self, kind, home):
        self.free = queue.Queue()
        for number in range(WORKERS):
            self.free.put(kind(World(home / str(number))))

    def run(self, work, *arguments):
        scenario = self.free.get()
        try:
            return work(scenario, *arguments)
        finally:
            self.free.put(scenario)


def points(kind, pool, modes):
    """(mode, number) of all points or of a seeded selection."""
    wanted = os.environ.get("ENVSTORE_TEST_POINT", "").split()
    if wanted:
        return [(wanted[1], int(wanted[2]))] if wanted[0] == kind.__name__ and wanted[1] in modes else []
    chosen = []
    for mode in modes:
        last = pool.run(Scenario.count, mode)
        every = range(1, last + 1)
        draw = random.Random("%d %s %s" % (SEED, kind.__name__, mode))
        few = min(last, POINTS_A_MODE[mode] * FACTOR)
        chosen += [(mode, number) for number in (every if LONG else sorted(draw.sample(every, few)))]
    return chosen


class Crashes(unittest.TestCase):
    def look_at(self, kind, modes):
        command = getattr(kind, "command", None)
        if command and not has_command(command):
            self.skipTest("this envstore has no command '%s'" % command)
        with tempfile.TemporaryDirectory(prefix="envstore-crash-", dir=quick_folder()) as home:
            try:
                self.look_in(pathlib.Path(home), kind, modes)
            finally:
                subprocess.run(["chmod", "-R", "u+rwX", home], check=False)

    def look_in(self, home, kind, modes):
        pool = Pool(kind, home)
        failed = []
        chosen = points(kind, pool, modes)
        with concurrent.futures.ThreadPoolExecutor(WORKERS) as threads:
            ran = {threads.submit(pool.run, kind.faults_at, mode, number): (mode, number) for mode, number in chosen}
            for done in concurrent.futures.as_completed(ran):
                mode, number = ran[done]
                failed += ["%s %s %d: %s" % (kind.__name__, mode, number, fault) for fault in done.result()]
        print("%s: %d points, %d faults" % (kind.__name__, len(chosen), len(failed)), flush=True)
        self.assertEqual(failed, [], "\n".join(failed))


class Afterwork(unittest.TestCase):
    def test_rows_become_durable_while_the_afterwork_of_another_run_compiles(self):
        with tempfile.TemporaryDirectory(prefix="envstore-crash-", dir=quick_folder()) as home:
            world = World(pathlib.Path(home) / "world")
            world.env["ENVSTORE_BYTECODE"] = "never"
            world.store.mkdir(mode=0o700)
            with held_lock(world.store, "finish.lock"):
                done = world.whole(world.run_words(world.script))
            self.assertEqual((done["exit"], done["hung"], done["out"]), (0, False, "ok\n"), done)
            faults, durable = world.check()
            self.assertEqual(faults, [])
            self.assertTrue([line for line in durable if "snapshot" in line], durable)
            subprocess.run(["chmod", "-R", "u+rwX", home], check=False)


def add_tests():
    for kind in SCENARIOS:
        for what, modes in (("kills", KILLS), ("failing_calls", ERRORS), ("events", EVENTS)):
            name = "test_%s_in_%s" % (what, kind.__name__)
            setattr(Crashes, name, lambda self, kind=kind, modes=modes: self.look_at(kind, modes))


add_tests()

if __name__ == "__main__":
    unittest.main()
