"""A full disk: every command reports it and leaves nothing incomplete, and a collection frees space."""
import json
import os
import random
import shutil
import subprocess
import sys
import unittest

IS_ROOT = os.geteuid() == 0
INSIDE = "ENVSTORE_TEST_NAMESPACE"  # set inside a private mount namespace, so that mounts end with this program


def enter_namespace():
    command = ["unshare", "--mount"] if IS_ROOT else ["unshare", "--map-root-user", "--mount"]
    probe = [*command, "sh", "-c", "mount -t tmpfs -o size=1m tmpfs /mnt"]
    if shutil.which("unshare") and subprocess.run(probe, capture_output=True).returncode == 0:
        os.execvpe("unshare", [*command, sys.executable, *sys.argv],
                   {**os.environ, INSIDE: "root" if IS_ROOT else "user"})


if __name__ == "__main__" and INSIDE not in os.environ:
    enter_namespace()

from support import EnvstoreTest  # noqa: E402

CAN_MOUNT = INSIDE in os.environ
MIB = 1 << 20


def noise(size, seed):
    return random.Random(seed).randbytes(size)


@unittest.skipUnless(CAN_MOUNT, "no filesystem can be mounted here, not even in a user namespace")
class FullDiskTest(EnvstoreTest):
    filesystem, size, step = "tmpfs", 32 * MIB, 40 << 10

    def setUp(self):
        super().setUp()
        self.disk = self.home / "disk"
        self.disk.mkdir()
        self.mount()
        self.addCleanup(subprocess.run, ["umount", "-l", str(self.disk)], check=True)
        self.store = self.disk / "store"
        self.env["ENVSTORE_ROOT"] = str(self.store)
        self.filler = self.disk / "filler"
        for name in ("a", "b", "c"):
            self.wheel("small-" + name, files={"small_%s/__init__.py" % name: "", "small_%s/x.bin" % name:
                                               noise(600_000, name)})
        self.wheel("base", files={"base.py": "B = 1\n"})

    def mount(self):
        command = ["mount", "-t", "tmpfs", "-o", "size=%d" % self.size, "tmpfs", str(self.disk)]
        subprocess.run(command, check=True)

    def free(self):
        facts = os.statvfs(self.disk)
        return facts.f_bavail * facts.f_frsize

    def fill(self, leave=0):
        """Fills the disk until no byte, or only `leave` bytes, can be written."""
        os.sync()
        with open(self.filler, "ab", buffering=0) as stream:
            for chunk in (MIB, 4096, 1):
                try:
                    while self.free() - chunk > leave or leave == 0:
                        stream.write(b"\1" * chunk)
                except OSError:
                    pass
        os.sync()

    def unfill(self):
        self.filler.unlink(missing_ok=True)
        os.sync()

    def made(self, *names, **options):
        self.run_ok("-q", *(w for n in names for w in ("--with", n)), "python", "-c", "1", **options)
        self.settle()

    def files(self):
        return sorted(str(p) for folder in ("objects", "trees", "snapshots", "bytecode")
                      for p in (self.store / folder).rglob("*") if p.parent.parent != self.store or p.is_file())

    def test_a_failed_ingest_takes_back_what_it_wrote(self):
        self.made("base")
        before = self.free(), self.files()
        self.wheel("other", files={"other/%d.bin" % i: noise(300_000, i) for i in range(10)})
        self.wheel("big", requires=["other"], files={"big/%d.bin" % i: noise(300_000, 100 + i)
                                                     for i in range(self.size // 300_000)})
        done = self.run_fails("--with", "big", "python", "-c", "1")
        self.assertIn("No space left on device", done.stderr)
        self.assertIn("hint:", done.stderr)
        self.settle()
        self.assertEqual(self.left_over(), [])
        self.assertEqual(self.files(), before[1])
        os.sync()
        self.assertLess(before[0] - self.free(), 2 * MIB)
        self.assertEqual(self.envstore("verify", "--full", "-q").returncode, 0)
        self.made("small-a")

    def collected(self, *flags):
        done = self.envstore("gc", "--json", "--max-age", "0s", "--grace", "0s", *flags)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        report = json.loads(done.stdout)
        self.assertEqual(report["failures"], [])
        return report

    def test_a_collection_works_without_a_free_byte(self):
        for name in ("a", "b", "c"):
            self.made("small-" + name)
        self.fill()
        self.collected()
        self.assertEqual(self.snapshots(), [])
        self.assertEqual(list((self.store / "trees").iterdir()), [])
        os.sync()
        self.assertGreater(self.free(), 1_500_000)
        self.made("small-a")
        self.unfill()
        self.assertEqual(self.envstore("verify", "--full", "-q").returncode, 0)
        self.assertEqual(self.envstore("gc", "-q").returncode, 0)
        self.assertTrue((self.store / "locks" / "gc.reserve").exists())

    def test_a_collection_works_without_a_free_byte_after_a_boot(self):
        for name in ("a", "b"):
            self.made("small-" + name)
        self.assertEqual(self.envstore("gc", "-q").returncode, 0)  # now everything is durable
        self.fill()
        shutil.rmtree(self.store / "volatile")
        self.fill()
        self.collected()
        self.assertEqual(list((self.store / "trees").iterdir()), [])

    def test_what_a_killed_run_wrote_goes_from_a_full_disk(self):
        self.made("small-a")
        script = self.script("import os, sys, signal\n"
                             "with open(os.path.join(sys.prefix, 'much'), 'wb') as s: s.write(os.urandom(2_000_000))\n"
                             "os.kill(os.getppid(), signal.SIGKILL)\nos.kill(os.getpid(), signal.SIGKILL)\n")
        self.envstore("run", "-q", "--with", "small-a", script)
        self.settle()
        self.fill()
        done = self.envstore("gc", "--json")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        os.sync()
        self.assertGreater(self.free(), 1_500_000)
        self.assertEqual(self.left_over(), [])

    def test_wherever_the_disk_is_full_the_store_is_as_it_was(self):
        if self.filesystem == "btrfs":
            self.skipTest("btrfs does not tell exactly what is free")
        self.made("base")
        before = self.files()
        failures = 0
        for leave in range(0, 64 * self.step, self.step):
            self.unfill()
            self.fill(leave)
            done = self.envstore("run", "-q", "--with", "small-a", "--with", "small-b", "python", "-c", "1")
            self.settle()
            if done.returncode == 0:
                break
            failures += 1
            self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
            self.assertIn("No space left on device", done.stderr)
            self.assertEqual(self.left_over(), [], done.stderr)
            self.assertEqual(self.files(), before, done.stderr)
        else:
            self.fail("no run had room enough")
        self.assertGreater(failures, 5)
        self.unfill()
        self.assertEqual(self.envstore("verify", "--full", "-q").returncode, 0)
        self.assertEqual(self.envstore("gc", "-q", "--max-age", "0s", "--grace", "0s").returncode, 0)

    def test_commands_on_a_full_disk_say_so_or_work(self):
        self.made("small-a")
        self.fill()
        for command in (["ls"], ["du"], ["verify"], ["verify", "--full"], ["gc"], ["pin", "--help"], ["doctor"],
                        ["run", "-q", "--with", "small-a", "python", "-c", "1"]):
            done = self.envstore(*command)
            self.assertIn(done.returncode, (0, 1), (command, done.stdout + done.stderr))
            if done.returncode == 1 and command != ["doctor"]:
                self.assertIn("No space left on device", done.stderr, command)
        self.settle()
        self.unfill()
        self.assertEqual(self.envstore("verify", "--full", "-q").returncode, 0)


class OnLoopDevice(FullDiskTest):
    """The same tests on a disk filesystem in an image file."""
    __test__ = False

    def mount(self):
        maker = "mkfs." + self.filesystem
        if os.environ.get(INSIDE) != "root":
            self.skipTest("only root can mount a file")
        if not shutil.which(maker, path=os.environ["PATH"] + ":/usr/sbin:/sbin"):
            self.skipTest(maker + " is not installed")
        image = self.home / "image"
        with open(image, "wb") as stream:
            stream.truncate(self.size)
        subprocess.run([maker, "-q", *self.options, str(image)], check=True, capture_output=True,
                       env={**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin"})
        if subprocess.run(["mount", "-o", "loop", str(image), str(self.disk)], capture_output=True).returncode != 0:
            self.skipTest("no loop device can be had")


class FullExt4Test(OnLoopDevice):
    filesystem, size, options = "ext4", 48 * MIB, ["-m", "0"]


class FullXfsTest(OnLoopDevice):
    filesystem, size, options = "xfs", 320 * MIB, []


class FullBtrfsTest(OnLoopDevice):
    filesystem, size, step, options = "btrfs", 128 * MIB, MIB, ["-M"]


def load_tests(loader, tests, pattern):
    suite = unittest.TestSuite()
    for case in (FullDiskTest, FullExt4Test, FullXfsTest, FullBtrfsTest):
        suite.addTests(loader.loadTestsFromTestCase(case))
    return suite


if __name__ == "__main__":
    unittest.main()
