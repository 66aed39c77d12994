"""Power cuts: the store's filesystem is in an image file, which is cloned at seeded random instants while runs ingest,
promote and collect. The clone is what a disk would hold after a cut at that instant. It is mounted at the store's own
path in a separate mount namespace: the checker examines it, everything promoted before must be intact, and the next
commands must work.

The clone must be of one instant; a copy of a file that is being written is not. Therefore the image is on an XFS of its
own, whose FICLONE is atomic and does not wait, and its loop device uses direct I/O, so that the image holds exactly
what was written to the device. Needs root and loop devices.
"""
import fcntl
import itertools
import os
import pathlib
import random
import shutil
import subprocess
import tempfile
import threading
import unittest
import uuid

from store_world import (CHECKER, DRIVER, ENVSTORE, LONG, SEED, World, has_command, make_wheel, quick_folder,
                         script_text)

FICLONE = 0x40049409
BOOT_ID = "/proc/sys/kernel/random/boot_id"
PACKAGES = 12
LONGEST_WAIT = 0.4  # seconds; the longest time between two cuts
#: Lists empty files in slots that are marked as complete.
EMPTY_BYTECODE = """cd "$1/bytecode" 2>/dev/null || exit 0
for marker in */complete*; do
  [ ! -e "$marker" ] || find "${marker%/*}" -name '*.pyc' -size 0
done"""
FILESYSTEMS = {  # mkfs command, mount options, number of cuts by default and in the long suite
    "ext4": (["mkfs.ext4", "-q", "-F"], [], 20, 200),
    "xfs": (["mkfs.xfs", "-q", "-f"], ["-o", "nouuid"], 0, 60),
    "btrfs": (["mkfs.btrfs", "-q", "-f"], [], 0, 60),
}


def call(*words):
    done = subprocess.run([str(word) for word in words], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        raise OSError("%s: %s" % (" ".join(map(str, words)), done.stderr.strip()))
    return done.stdout.strip()


def sparse(path, megabytes):
    with open(path, "wb") as file:
        file.truncate(megabytes << 20)


class Disks:
    """The XFS that makes atomic clones, and on it the image with the store's filesystem."""

    def __init__(self, home, kind):
        self.undo = []
        self.home, (make, self.options, _, _) = pathlib.Path(home), FILESYSTEMS[kind]
        try:
            self.begin(kind, make)
        except OSError as error:
            self.end()
            raise unittest.SkipTest("no filesystems in files here: %s" % error)

    def begin(self, kind, make):
        self.outer, self.inner = self.home / "outer", self.home / "inner"
        for folder in (self.outer, self.inner):
            folder.mkdir()
        sparse(self.home / "outer.img", 4096)
        call("mkfs.xfs", "-q", "-f", self.home / "outer.img")
        call("mount", "-o", "loop", self.home / "outer.img", self.outer)
        self.undo.append(["umount", "-l", self.outer])
        self.image = self.outer / "disk"
        sparse(self.image, 512)
        call(*make, self.image)
        device = call("losetup", "--find", "--show", "--direct-io=on", self.image)
        self.undo.append(["losetup", "-d", device])
        call("mount", "-t", kind, *self.options, device, self.inner)
        self.undo.append(["umount", "-l", self.inner])

    def clone(self, name):
        """Clones the image as it is at this instant."""
        with open(self.image, "rb") as source, open(self.outer / name, "wb") as target:
            fcntl.ioctl(target, FICLONE, source.fileno())
        return self.outer / name

    def end(self):
        for words in reversed(self.undo):
            subprocess.run([str(word) for word in words], check=False)


class Machine:
    """A mount namespace with the clone where the store's disk was, and with another boot id: the machine after the cut."""

    def __init__(self, image, place, options):
        boot = place.parent / "boot_id"
        boot.write_text("%s\n" % uuid.uuid4())
        # Only the places are made private: in a chroot the root is no mount point.
        self.keeper = subprocess.Popen(["unshare", "--mount", "--propagation", "unchanged", "sh", "-c",
                                        'mount --make-private "$1" && mount --make-private /proc && '
                                        'mount --bind "$2" "$3" && echo && cat', "sh", place, boot, BOOT_ID],
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        if not self.keeper.stdout.readline():  # else the namespace exists now
            self.end()
            raise OSError("cannot make a mount namespace")
        self.enter = ["nsenter", "--target", str(self.keeper.pid), "--mount", "--root", "--wd", "--"]
        try:
            call(*self.enter, "mount", *(options or []), "-o", "loop", image, place)
        except OSError:
            self.end()
            raise

    def end(self):
        self.keeper.stdin.close()
        self.keeper.wait()
        self.keeper.stdout.close()


class Work(threading.Thread):
    """Runs that make snapshots, each until its background work has ended, and collections in between. Whatever is
    durable then is promised: every later cut must contain it until a collection begins."""

    def __init__(self, world, draw):
        super().__init__()
        self.world, self.draw = world, draw
        self.lock = threading.Lock()
        self.promised = set()  # guarded by `lock`, like `current`; read the other members after the thread has ended
        self.current = None  # the script started last: its next run repairs what a cut left incomplete
        self.most_promised = self.runs = self.collections = 0
        self.stopping = threading.Event()
        self.fault = None

    def run(self):
        try:
            collects = has_command("gc")
            for number in itertools.count():
                if self.stopping.is_set():
                    return
                if collects and number % 6 == 5:
                    self.collect()
                else:
                    self.work(number)
        except Exception as error:  # the test reports it
            self.fault = error

    def work(self, number):
        script = self.world.home / ("script-%d.py" % number)
        chosen = self.draw.sample(range(PACKAGES), 3)
        script.write_text(script_text(["pack%d.late" % i for i in chosen], ["pack%d" % i for i in chosen]))
        with self.lock:
            self.current = script
        layout = self.draw.choice(["farm", "forest"])
        done = self.world.whole(self.world.run_words(script, "--layout", layout))
        if done["out"] != "ok\n":
            raise AssertionError("a run failed: " + done["err"])
        self.runs += 1
        self.promise()

    def collect(self):
        self.promise(anything=False)
        done = self.world.whole([ENVSTORE, "gc", "--max-age", "0s", "--keep-last", "2", "--grace", "0s"])
        if done["exit"] != 0:
            raise AssertionError("a collection failed: " + done["err"])
        self.collections += 1
        self.promise()

    def promise(self, anything=True):
        durable = self.world.check()[1] if anything else set()
        with self.lock:
            self.promised = durable
            self.most_promised = max(self.most_promised, len(durable))


@unittest.skipUnless(os.geteuid() == 0, "only root can mount a filesystem")
class PowerCuts(unittest.TestCase):
    def cut(self, kind):
        cuts = FILESYSTEMS[kind][3 if LONG else 2]
        cuts = int(os.environ.get("ENVSTORE_TEST_CUTS", cuts))
        if cuts == 0:
            self.skipTest("only in the long suite")
        for tool in ("mkfs.xfs", "mkfs." + kind, "losetup", "nsenter", "unshare"):
            if not shutil.which(tool, path=os.environ["PATH"] + ":/usr/sbin:/sbin"):
                self.skipTest("there is no %s" % tool)
        home = tempfile.mkdtemp(prefix="envstore-power-", dir=quick_folder())
        self.addCleanup(shutil.rmtree, home, ignore_errors=True)
        disks = Disks(home, kind)
        self.addCleanup(disks.end)
        self.world = World(pathlib.Path(home) / "world", disks.inner / "store")
        for i in range(PACKAGES):
            content = random.Random(i).randbytes(100_000)
            make_wheel(self.world.wheels, "pack%d" % i, "1.0", files={
                "pack%d/__init__.py" % i: "", "pack%d/late.py" % i: "VALUE = %d\n" % i, "pack%d/data.bin" % i: content,
                **{"pack%d/part%d.py" % (i, j): "PART = %d\n" % (i * j) for j in range(20)}})
        self.cut_while_working(disks, kind, cuts)

    def cut_while_working(self, disks, kind, cuts):
        draw = random.Random("%d %s" % (SEED, kind))
        work = Work(self.world, random.Random("%d %s work" % (SEED, kind)))
        work.start()
        try:
            for number in range(cuts):
                work.stopping.wait(draw.random() * LONGEST_WAIT)
                with work.lock:
                    promised, current = set(work.promised), work.current
                    image = disks.clone("cut-%d" % number)  # under the lock: no promise is withdrawn before the clone
                with self.subTest(cut=number, promised=len(promised)):
                    self.look_at(disks, image, promised, current)
                image.unlink()
        finally:
            work.stopping.set()
            work.join()
        print("%s: %d cuts, at most %d promised rows, %d runs, %d collections"
              % (kind, cuts, work.most_promised, work.runs, work.collections), flush=True)
        self.assertIsNone(work.fault)
        self.assertGreater(work.most_promised, 0)

    def look_at(self, disks, image, promised, current):
        machine = Machine(image, disks.inner, disks.options)
        try:
            done = self.world.call([*machine.enter, CHECKER, "--after-power-cut", "--list", self.world.store])
            durable = {line for line in done.stdout.splitlines() if line.startswith("durable ")}
            if promised or done.returncode != 2:  # 2: the store did not exist yet
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertEqual(promised - durable, set(), "promoted, and lost")
            self.assertEqual(call(*machine.enter, "sh", "-c", EMPTY_BYTECODE, "sh", self.world.store), "")
            self.next_commands(machine, current)
        finally:
            machine.end()

    def next_commands(self, machine, current):
        latest = current or self.world.other
        for words in [(latest,), ("--layout", "forest", latest), (self.world.script,)]:
            report = self.world.home / "after.json"
            done = self.world.call([*machine.enter, DRIVER, "--report", report, "--",
                                    *self.world.run_words(words[-1], *words[:-1])])
            self.assertEqual(done.stdout, "ok\n", done.stderr)
        done = self.world.call([*machine.enter, CHECKER, "--next-boot", self.world.store])
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_cuts_on_ext4(self):
        self.cut("ext4")

    def test_cuts_on_xfs(self):
        self.cut("xfs")

    def test_cuts_on_btrfs(self):
        self.cut("btrfs")


if __name__ == "__main__":
    unittest.main()
