"""Real wheels from the default package index, imported and used, in farm and in forest.

favourites/*.py are scripts, one per rule of the layouts: each asserts what a user would expect. They change no file of
the store. Those in favourites/long are larger (400 MB to download, 1.5 GB unpacked) and run only with
ENVSTORE_TEST_LONG=1.
"""
import os
import pathlib
import pwd
import re
import shutil
import subprocess
import unittest

from support import ENVSTORE, TIMEOUT, DefaultIndexTest

FAVOURITES = pathlib.Path(__file__).resolve().parent / "favourites"
IS_LONG = os.environ.get("ENVSTORE_TEST_LONG") == "1"
BLOCK = re.compile(r"^# /// script$.*?^# ///$", re.M | re.S)


class RealWheelsTest(DefaultIndexTest):
    def changes_nothing(self, before):
        after = self.frozen()
        self.assertEqual({path for path in before if before[path] != after.get(path)}, set())
        self.assertEqual(after.keys() - before.keys(), set())

    def bytecode_elsewhere(self):
        """Bytecode outside the slots: among the files of the store or in a scratch."""
        folders = ["objects", "trees", "snapshots", "scratch"]
        found = [p for folder in folders for p in (self.store / folder).rglob("*.pyc")]
        return [p for p in found if not p.resolve().is_relative_to(self.store.resolve() / "bytecode")]


class Favourites(RealWheelsTest):
    def use(self, script):
        for layout in ("farm", "forest"):
            with self.subTest(script=script.stem, layout=layout):
                block = BLOCK.search(script.read_text()).group(0)
                empty = self.work / "empty.py"
                empty.write_text(block + "\n")
                self.run_ok("--layout", layout, empty)
                self.settle()
                before = self.frozen()
                copy = shutil.copy(script, self.work)
                done = self.run_ok("--layout", layout, copy)
                self.assertNotRegex(done.stderr, r"(?m)^Installed \d+ package")
                self.settle()
                self.changes_nothing(before)
                self.assertEqual(self.bytecode_elsewhere(), [])


def add_favourites():
    scripts = sorted(FAVOURITES.glob("*.py")) + (sorted(FAVOURITES.glob("long/*.py")) if IS_LONG else [])
    for script in scripts:
        setattr(Favourites, "test_" + script.stem, lambda self, script=script: self.use(script))


add_favourites()


class OrdinaryUser(RealWheelsTest):
    """Repeats tests as an ordinary user, because root may write everywhere and hides missing permissions."""

    def setUp(self):
        super().setUp()
        if os.geteuid() != 0:
            self.skipTest("the other tests run as an ordinary user")
        self.user = pwd.getpwnam("nobody")
        if subprocess.run([ENVSTORE, "help"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **self.identity()).returncode:
            self.skipTest("an ordinary user cannot reach the program")
        for folder in (self.shared, self.home, self.work):
            os.chown(folder, self.user.pw_uid, self.user.pw_gid)
        self.env["PATH"] = "/usr/bin:/bin"

    def identity(self):
        return {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []}

    def envstore(self, *arguments, **options):
        return subprocess.run([ENVSTORE, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, cwd=self.work, env=self.env, timeout=TIMEOUT, **self.identity())

    def test_nothing_depends_on_being_the_superuser(self):
        for name in ["pip_layer", "standard_library", "django_project", "copied_templates"] + ["jupyter_lab"] * IS_LONG:
            with self.subTest(script=name):
                Favourites.use(self, FAVOURITES / (name + ".py"))


class Bytecode(RealWheelsTest):
    REPORT = ("import idna, numpy, os, sys\n"
              "cached = [getattr(m, '__cached__', None) or '' for m in list(sys.modules.values())]\n"
              "cached = [c for c in cached if '/snapshots/' in c]\n"
              "print(len(cached), sum(os.path.exists(c) for c in cached))\n")

    def test_what_was_compiled_once_serves_every_environment(self):
        script = self.script("import numpy", ["numpy"])
        self.run_ok(script)
        self.settle()
        for layout, idna in (("farm", "idna<3.11"), ("forest", "idna")):
            with self.subTest(layout=layout):
                done = self.run_ok("--layout", layout, self.script(self.REPORT, ["numpy", idna]),
                                   env={"PYTHONDONTWRITEBYTECODE": "1", "ENVSTORE_BYTECODE": "never"})
                modules, compiled = map(int, done.stdout.split())
                self.assertGreater(modules, 50)
                self.assertLess(modules - compiled, 8)  # only idna's own modules are new
                self.assertEqual(self.bytecode_elsewhere(), [])


class Coverage(RealWheelsTest):
    def test_coverage_counts_the_users_code_alone(self):
        (self.work / "mine.py").write_text("import idna\n\ndef used():\n    return idna.encode('a.b')\n\nused()\n")
        body = ("import subprocess, sys\n"
                "subprocess.run([sys.executable, '-m', 'coverage', 'run', 'mine.py'], check=True)\n"
                "print(subprocess.run([sys.executable, '-m', 'coverage', 'report'], stdout=subprocess.PIPE, text=True).stdout)\n")
        for layout in ("farm", "forest"):
            with self.subTest(layout=layout):
                done = self.run_ok("--layout", layout, self.script(body, ["coverage", "idna"]))
                self.assertIn("mine.py", done.stdout)
                self.assertNotIn("idna/", done.stdout)


if __name__ == "__main__":
    unittest.main()
