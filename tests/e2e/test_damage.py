"""A store whose index is older or newer than its files (a restored backup), and an index with any page damaged: every
command works or prints what to do, and nothing in use is removed."""
import contextlib
import itertools
import json
import os
import pathlib
import random
import shutil
import subprocess
import tempfile
import unittest
import uuid

from damaged_pages import damages
from support import EnvstoreTest

LONG = os.environ.get("ENVSTORE_TEST_LONG") == "1"
SEED = int(os.environ.get("ENVSTORE_TEST_SEED", "8"))
NOTHING_IS_YOUNG = ("--grace", "0s", "--max-size", "1", "-v")
HINT = "verify --rebuild-index"


def copy(source, target):
    subprocess.run(["cp", "-a", str(source), str(target)], check=True)


def remove(path):
    """Removes read-only folders. Changes no mode of a file: its hard links would share it."""
    for directory, _, _ in os.walk(path):
        os.chmod(directory, 0o700)
    shutil.rmtree(path)


class DamageTest(EnvstoreTest):
    def make_scripts(self, *names):
        for name in names:
            self.wheel(name)
        return {name: self.script("import %s; print(%r)\n" % (name, name), [name], name="use_%s.py" % name) for name in names}

    def roots(self):
        return [root["path"] for root in json.loads(self.envstore("ls", "--json").stdout)["roots"]]

    def assert_runs(self, name):
        done = self.run_ok(self.scripts[name])
        self.assertEqual(done.stdout, name + "\n")


class RestoredBackupTest(DamageTest):
    """`young`, pinned, was made after the backup; `old` before it."""

    def setUp(self):
        super().setUp()
        self.scripts = self.make_scripts("old", "young")
        self.assert_runs("old")
        self.settle()
        self.envstore("verify")
        self.backup = self.home / "backup"
        copy(self.store, self.backup)
        self.assert_runs("young")
        self.assertEqual(self.envstore("pin", self.scripts["young"]).returncode, 0)
        self.settle()
        self.today = self.home / "today"
        copy(self.store, self.today)

    def put(self, base, other, folders):
        remove(self.store)
        copy(base, self.store)
        for folder in folders:
            remove(self.store / folder)
            copy(other / folder, self.store / folder)

    def young_snapshot(self):
        for path in (self.store / "snapshots").glob("*.json"):
            if '"young"' in path.read_text():
                return path.stem
        return None

    def gc_works(self):
        done = self.envstore("gc", *NOTHING_IS_YOUNG)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.settle()

    def test_a_collection_with_an_older_index_keeps_what_the_files_say_is_pinned(self):
        for folders in (["index"], ["index", "volatile"]):
            self.put(self.today, self.backup, folders)
            self.gc_works()
            self.assertEqual(self.roots(), [str(self.scripts["young"])], folders)
            self.assertIsNotNone(self.young_snapshot(), folders)
            self.assertEqual(self.run_ok("--offline", self.scripts["young"]).stdout, "young\n")
            self.assert_runs("old")
            self.settle()
            done = self.envstore("verify")
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_a_run_with_an_older_index_gets_the_pin_back(self):
        self.put(self.today, self.backup, ["index", "volatile"])
        self.assert_runs("young")
        self.settle()
        self.assertEqual(self.roots(), [str(self.scripts["young"])])
        self.gc_works()
        self.assertIsNotNone(self.young_snapshot())

    def test_a_collection_with_an_older_index_keeps_what_runs(self):
        self.envstore("unpin", self.scripts["young"])
        self.waits = self.script("import sys; print('ready', flush=True); sys.stdin.readline(); import young; print(young.VERSION)\n",
                                 ["young"], name="waits.py")
        self.settle()
        unpinned = self.home / "unpinned"
        copy(self.store, unpinned)
        for index, volatile in itertools.product((self.backup, unpinned), ("kept", "lost", "another boot's")):
            with self.subTest(index=index.name, volatile=volatile):
                self.put(unpinned, unpinned, [])
                self.check_what_runs(index, volatile)

    def check_what_runs(self, index, volatile):
        with subprocess.Popen([os.environ["ENVSTORE_PROGRAM"], "run", str(self.waits)], env=self.env, text=True,
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as program:
            try:
                self.assertEqual(program.stdout.readline(), "ready\n")
                self.settle()
                remove(self.store / "index")
                copy(index / "index", self.store / "index")
                boot = next((self.store / "volatile").iterdir())
                if volatile == "lost":
                    remove(boot)
                elif volatile == "another boot's":
                    boot.rename(boot.with_name(str(uuid.uuid4())))
                for _ in range(2):
                    self.gc_works()
                done = self.envstore("verify")
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                self.assertEqual(program.communicate("\n", timeout=60)[0], "1.0\n")
            finally:
                program.kill()

    def test_every_folder_from_another_day_is_repaired_or_reported(self):
        days = [(self.today, self.backup), (self.backup, self.today)]
        folders = [["index"], ["index", "volatile"], ["snapshots"], ["objects"], ["trees"], ["volatile"], ["bytecode"],
                   ["trees", "objects"]]
        firsts = ("run", "gc", "verify")
        tried = list(itertools.product(days, folders[:3], firsts))
        tried += [(day, folder, first) for day in days for folder, first in zip(folders[3:], itertools.cycle(firsts))]
        for (base, other), folder, first in tried:
            with self.subTest(base=base.name, folder=folder, first=first):
                self.put(base, other, folder)
                self.check_healed(first)

    def check_healed(self, first):
        steps = {"run": [["run", script] for script in self.scripts.values()], "gc": [["gc", *NOTHING_IS_YOUNG]],
                 "verify": [["verify"]]}
        for step in [*steps[first], ["verify"]]:
            done = self.envstore(*step)
            told = done.stdout + done.stderr
            self.assertIn(done.returncode, (0, 1, 3), told)
            # A warm run does not check its trees: the program may be the first to find a file missing.
            if done.returncode == 1 and "ModuleNotFoundError" not in told:
                self.assertIn("envstore verify", told)
            self.settle()
        self.assertNotIn(self.envstore("verify", "--repair").returncode, (1, 2))
        done = self.envstore("verify")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        for name in self.scripts:
            self.assert_runs(name)
        self.settle()
        done = self.envstore("verify")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


def quick_folder():
    """/dev/shm if it has enough space: a store there does not wait for a disk."""
    memory = "/dev/shm"
    return memory if os.path.isdir(memory) and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 1 << 29 else None


class EveryPageTest(DamageTest):
    """Each kind of damage of each kind of page once in either environment; in a long run at many positions in both."""

    PLACES_A_KIND = 1000 if LONG else 1

    def setUp(self):
        before, tempfile.tempdir = tempfile.tempdir, quick_folder()
        self.addCleanup(setattr, tempfile, "tempdir", before)
        super().setUp()
        self.scripts = self.make_scripts("kept", "other", "last")
        for name in ("kept", "other"):
            self.assert_runs(name)
        self.assertEqual(self.envstore("pin", self.scripts["kept"]).returncode, 0)
        self.settle()
        self.envstore("gc")
        self.assert_runs("last")
        self.settle()
        self.whole = self.home / "whole"
        copy(self.store, self.whole)
        self.kept = next(root["snapshot"] for root in json.loads(self.envstore("ls", "--json").stdout)["roots"])
        self.random = random.Random(SEED)
        self.numbers = itertools.count()

    def environments(self):
        return "index/data.mdb", "volatile/%s/data.mdb" % next((self.whole / "volatile").iterdir()).name

    def damages(self):
        """(file, kind of damage, new bytes or a function that creates something else at the path)."""
        of = {name: damages((self.whole / name).read_bytes(), self.random) for name in self.environments()}
        first, second = self.environments()
        others = {"something else: a folder": pathlib.Path.mkdir, "something else: a FIFO": os.mkfifo,
                  "something else: a link": lambda path: path.symlink_to(self.whole / first),
                  "something else: nothing": lambda path: None}
        for name in (first, second):
            of[name].update({kind: [make] for kind, make in others.items()})
        for number, kind in enumerate(sorted({kind for found in of.values() for kind in found})):
            names = [name for name in self.environments() if kind in of[name]]
            for name in names if LONG else [names[number % len(names)]]:
                for damage in of[name][kind][:self.PLACES_A_KIND]:
                    yield name, kind, damage

    def command(self, *arguments, works):
        done = self.envstore(*arguments)
        told = "%s: %s" % (arguments[0], done.stdout + done.stderr)
        self.assertIn(done.returncode, (1, *works), told)
        if done.returncode == 1:
            self.assertIn(HINT, done.stderr + done.stdout, told)
        self.settle()
        return done

    def test_each_is_reported_and_repaired_and_no_kept_file_is_removed(self):
        for name, what, damage in self.damages():
            with self.subTest(file=name.split("/")[0], damage=what):
                self.take_a_store()
                self.put_damage(self.store / name, damage)
                self.check_damaged()

    def take_a_store(self):
        """Copies the store to a new path: background work of an earlier command may still open the previous one."""
        with contextlib.suppress(OSError):
            remove(self.store)
        self.store = self.home / ("store-%d" % next(self.numbers))
        self.env["ENVSTORE_ROOT"] = str(self.store)
        copy(self.whole, self.store)

    def put_damage(self, path, damage):
        if isinstance(damage, bytes):
            path.write_bytes(damage)
        else:
            path.unlink()
            damage(path)

    def check_damaged(self):
        done = self.command("run", "--offline", self.scripts["other"], works=(0,))
        if done.returncode == 0:
            self.assertEqual(done.stdout, "other\n")
        if self.command("pin", self.scripts["last"], works=(0,)).returncode == 0:
            self.command("unpin", self.scripts["last"], works=(0,))
        self.command("gc", *NOTHING_IS_YOUNG, works=(0,))
        self.assertTrue((self.store / "snapshots" / (self.kept + ".json")).exists(), "gc took what is pinned")
        for listing in ("ls", "doctor", "verify"):
            self.command(listing, works=(0, 3))
        done = self.envstore("verify", "--rebuild-index")
        self.assertEqual(done.returncode, 0, "rebuild: " + done.stdout + done.stderr)
        self.assertEqual(self.roots(), [str(self.scripts["kept"])])
        self.assertEqual(self.run_ok("--offline", self.scripts["kept"]).stdout, "kept\n")
        self.assert_runs("other")
        self.settle()


if __name__ == "__main__":
    unittest.main()
