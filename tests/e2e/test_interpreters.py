"""The basic cases with every interpreter on the machine that envstore supports, CPython from 3.8 on and PyPy."""
import glob
import os
import shutil
import subprocess
import unittest

from support import EnvstoreTest


def interpreters():
    """Executables by their real path, each once, with (implementation, major, minor)."""
    candidates = [shutil.which(name) for name in ["python3", "pypy3"] + ["python3.%d" % m for m in range(8, 20)]]
    candidates += ["/usr/bin/python3"]
    root = os.environ.get("PYENV_ROOT", os.path.expanduser("~/.pyenv"))
    candidates += glob.glob(os.path.join(root, "versions", "*", "bin", "python"))
    found = {}
    for candidate in filter(None, candidates):
        with open(candidate, "rb") as stream:
            if stream.read(2) == b"#!":
                continue  # a shim
        asked = subprocess.run([candidate, "-I", "-c", "import sys, os; print(sys.implementation.name, *sys.version_info[:2], os.path.realpath(sys.executable))"],
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        if asked.returncode != 0:
            continue
        name, major, minor, path = asked.stdout.split(None, 3)
        if (int(major), int(minor)) >= (3, 8):
            found[path.strip()] = (name, int(major), int(minor))
    return found


class Interpreters(EnvstoreTest):
    def setUp(self):
        super().setUp()
        if "PYENV_ROOT" in os.environ:
            self.env["PYENV_ROOT"] = os.environ["PYENV_ROOT"]

    def test_each_runs_scripts_layers_and_entry_points(self):
        found = interpreters()
        self.assertTrue(found)
        self.wheel("demo", entry_points={"console_scripts": {"hello": "demo:main"}}, files={"demo.py": "import sys\ndef main(): print(sys.prefix)\n"})
        self.wheel("extra", files={"extra/__init__.py": "X = 1\n"})
        body = ("import demo, extra, os, subprocess, sys\n"
                "print(sys.implementation.name, *sys.version_info[:2])\n"
                "assert sys.prefix != sys.base_prefix\n"
                "assert subprocess.run(['hello'], stdout=subprocess.PIPE, check=True).stdout.decode().strip() == sys.prefix\n")
        script = self.script(body, ["demo"])
        for path, (name, major, minor) in sorted(found.items()):
            for layout in ("farm", "forest"):
                with self.subTest(interpreter=path, layout=layout):
                    expected = "%s %d %d\n" % (name, major, minor)
                    arguments = ("--python", path, "--layout", layout, "--with", "extra", script)
                    self.assertEqual(self.run_ok(*arguments).stdout, expected)
                    self.settle()
                    before = self.frozen()
                    self.assertEqual(self.run_ok(*arguments).stdout, expected)
                    self.assertEqual(self.frozen(), before)

    def test_a_farm_of_many_names_holds_one_link_a_name(self):
        count = 65
        self.wheel("many", files={"many_%d/__init__.py" % i: "N = %d\n" % i for i in range(count)})
        body = "import importlib; print(sum(importlib.import_module('many_%%d' %% i).N for i in range(%d)))" % count
        for path in sorted(interpreters()):
            with self.subTest(interpreter=path):
                done = self.run_ok("--python", path, self.script(body, ["many"]))
                self.assertEqual(done.stdout.strip(), str(sum(range(count))))
        for site in self.store.glob("snapshots/*.farm/lib/*/site-packages"):
            links = [p for p in site.iterdir() if p.name.startswith("many_") and p.is_symlink()]
            self.assertEqual(len(links), count)

    def test_a_version_is_found_by_number(self):
        versions = {(major, minor) for name, major, minor in interpreters().values() if name == "cpython"}
        body = "import sys; print('%d.%d' % sys.version_info[:2])"
        for major, minor in sorted(versions):
            with self.subTest(version=(major, minor)):
                done = self.run_ok("--python", "%d.%d" % (major, minor), self.script(body))
                self.assertEqual(done.stdout.strip(), "%d.%d" % (major, minor))

    def test_trees_are_shared_between_interpreters(self):
        found = [path for path, (name, _, _) in sorted(interpreters().items()) if name == "cpython"]
        self.wheel("demo")
        for path in found:
            self.run_ok("--python", path, self.script("import demo", ["demo"]))
        self.assertEqual(len(self.snapshots()), len(found))
        self.assertEqual(len(os.listdir(self.store / "trees")), 1)


if __name__ == "__main__":
    unittest.main()
