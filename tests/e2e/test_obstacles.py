"""Any one path in a store is removed or replaced by something else: no command hangs or crashes, each prints what to
do, and after that the next one works."""
import json
import os
import pathlib
import re
import socket
import subprocess
import unittest

from support import EnvstoreTest, remove_tree

FOLDERS = ("objects", "trees", "snapshots", "bytecode", "scratch", "leases", "tmp", "trash", "locks", "volatile",
           "quarantine", "logs")
#: Parts of names that are random or numerous: one path of each pattern is tested.
NAMES = re.compile("[0-9a-f]{30,}|[0-9a-f]{8}-[0-9a-f-]{27}|(?<=objects/)..")


def make_socket(path):
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(os.path.relpath(path))  # the length of a socket address is limited


MAKE = {
    "pipe": os.mkfifo,
    "link": lambda path: os.symlink("nowhere", path),
    "file": lambda path: path.write_text("something else"),
    "folder": os.mkdir,
    "socket": make_socket,
}


class Obstacles(EnvstoreTest):
    def setUp(self):
        super().setUp()
        self.wheel("demo", files={"demo/__init__.py": "X = 1\n", "demo/data.txt": "data"},
                   entry_points={"console_scripts": {"demo": "demo:main"}})
        self.command = ("run", "-q", "--with", "demo", "python", "-c", "import demo; print(demo.X)")
        self.assertEqual(self.envstore(*self.command).stdout, "1\n")
        self.settle()
        self.kept = self.home / "kept"
        subprocess.run(["cp", "-a", self.store, self.kept], check=True)

    def anew(self):
        self.settle()
        remove_tree(self.store)
        subprocess.run(["cp", "-a", self.kept, self.store], check=True)

    def patterns(self):
        seen = {}
        for directory, names, files in os.walk(self.kept):
            for name in names + files:
                path = pathlib.Path(directory, name).relative_to(self.kept)
                seen.setdefault(NAMES.sub("*", str(path)), path)
        return seen.values()

    def check_commands(self, *commands, codes=(0, 1, 3)):
        for words in commands:
            done = self.envstore(*words)
            self.assertIn(done.returncode, codes, (words, done.stdout, done.stderr))
            self.assertNotIn("fault of envstore", done.stderr, words)
            if done.returncode == 1 and words[0] != "doctor":
                self.assertIn("rror: ", done.stderr, words)  # Python's own errors count, too

    EVERY = (("ls",), ("gc",), ("verify", "--full"), ("du",), ("doctor", "--offline"))

    def check_repair(self):
        for _ in range(2):
            done = self.envstore("verify", "--full", "--repair")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(self.envstore(*self.command).stdout, "1\n")
        done = self.envstore("gc", "--max-size", "1", "--grace", "0")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(self.envstore(*self.command).stdout, "1\n")

    def test_another_file_at_the_path_of_a_folder(self):
        for folder in FOLDERS:
            for kind in ("pipe", "link"):
                with self.subTest(folder=folder, kind=kind):
                    self.anew()
                    remove_tree(self.store / folder)
                    MAKE[kind](self.store / folder)
                    self.check_commands(*self.EVERY[:3], self.command)
                    found = json.loads(self.envstore("doctor", "--offline", "--json").stdout)
                    self.assertIn("folders: '%s' is something else" % folder,
                                  [finding["what"] for finding in found if finding["verdict"] == "problem"])
                    self.check_repair()

    def test_another_file_at_the_path_of_a_lock(self):
        for lock in sorted(os.listdir(self.kept / "locks")):
            with self.subTest(lock=lock):
                self.anew()
                (self.store / "locks" / lock).unlink()
                (self.store / "locks" / lock).mkdir()
                self.check_commands(self.command, *self.EVERY)
                self.check_repair()

    def test_another_file_at_the_path_of_a_lease(self):
        for kind in sorted(MAKE):
            with self.subTest(kind=kind):
                self.anew()
                MAKE[kind](self.store / "leases" / ("0" * 32))
                self.check_commands(self.command, ("ls",), ("verify",), ("gc",), codes=(0,))
                self.assertEqual(os.listdir(self.store / "leases"), [])

    def test_any_empty_folder_is_removed(self):
        for path in self.patterns():
            kept = self.kept / path
            if kept.is_symlink() or not kept.is_dir() or os.listdir(kept):
                continue
            with self.subTest(path=str(path)):
                self.anew()
                self.remove(self.store / path)
                self.check_commands(self.command, *self.EVERY)
                self.check_repair()

    def test_any_file_that_is_no_object_is_removed(self):
        for path in self.patterns():
            kept = self.kept / path
            if kept.is_dir() and not kept.is_symlink() or str(path).startswith(("objects", "index", "volatile",
                                                                                "scratch")):
                continue
            with self.subTest(path=str(path)):
                self.anew()
                self.remove(self.store / path)
                self.check_commands(self.command, *self.EVERY)
                self.check_repair()

    def remove(self, path):
        mode = path.parent.stat().st_mode
        os.chmod(path.parent, 0o700)
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
        os.chmod(path.parent, mode)


if __name__ == "__main__":
    unittest.main()
