"""After `chmod -R a-w` a store is read-only for its owner: existing environments run, all else prints what to do."""
import json
import os
import subprocess
import unittest

from support import OrdinaryUserTest


class Unwritable(OrdinaryUserTest):
    def setUp(self):
        super().setUp()
        self.wheel("demo", entry_points={"console_scripts": {"demo": "demo:main"}},
                   files={"demo.py": "def main():\n    print('the command')\n"})
        self.wheel("other")
        self.runtime = self.home / "runtime"
        self.runtime.mkdir(mode=0o700)
        os.chown(self.runtime, self.user, -1)
        self.env["XDG_RUNTIME_DIR"] = str(self.runtime)
        self.run_ok("-q", "--with", "demo", "demo")
        self.settle()

    def chmod(self, mode, *paths, recursive=False):
        subprocess.run(["chmod", *(["-R"] if recursive else []), mode, *map(str, paths or [self.store])], check=True)
        self.addCleanup(subprocess.run, ["chmod", "-R", "u+w", str(self.store)], check=False)

    def everything(self):
        return {str(path): path.lstat().st_mtime_ns for path in self.store.rglob("*")}

    def test_a_known_environment_runs_and_no_file_changes(self):
        self.chmod("a-w", recursive=True)
        before = self.everything()
        for flags in ([], ["--exec"], []):
            done = self.run_ok(*flags, "--with", "demo", "demo")
            self.assertEqual((done.stdout, done.stderr), ("the command\n", ""))
        for words in (["ls"], ["du"], ["verify", "--full"], ["why", "demo"]):
            done = self.envstore(*words)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(self.everything(), before)

    def test_what_would_need_a_write_is_an_error(self):
        self.chmod("a-w", recursive=True)
        for words in (["run", "--with", "other", "demo"], ["gc"], ["verify", "--rebuild-index"],
                      ["run", "--layout", "forest", "--with", "demo", "demo"]):
            done = self.envstore(*words)
            self.assertEqual((done.returncode, done.stdout), (1, ""), done.stderr)
            self.assertIn("read-only", done.stderr)
        found = json.loads(self.envstore("doctor", "--offline", "--json").stdout)
        self.assertEqual([finding for finding in found if finding["verdict"] == "problem"], [])
        [note] = [finding for finding in found if finding["what"].startswith("rights: no user may write")]
        self.assertIn("chmod -R u+w", note["advice"])

    def test_it_can_be_written_again_as_doctor_says(self):
        self.chmod("a-w", recursive=True)
        self.chmod("u+w", recursive=True)
        self.assertEqual(self.envstore("verify", "--repair").returncode, 0)
        self.assertEqual(self.envstore("verify", "--full").returncode, 0)
        self.run_ok("-q", "--with", "demo", "--with", "other", "demo")
        modes = {oct(path.stat().st_mode & 0o222) for path in (self.store / "objects").rglob("*") if path.is_file()}
        self.assertEqual(modes, {"0o0"})

    def test_a_root_alone_that_cannot_be_written_is_no_read_only_store(self):
        self.chmod("a-w")
        self.run_ok("-q", "--with", "other", "--with", "demo", "demo")
        self.settle()
        self.assertEqual(self.envstore("gc").returncode, 0)

    def test_a_part_that_cannot_be_written_is_named(self):
        for part in ("leases", "scratch", "tmp", "objects", "index", "index/data.mdb", "volatile", "trees", "snapshots",
                     "bytecode", "locks", "trash"):
            with self.subTest(part=part):
                self.chmod("a-w", self.store / part)
                for words in (["run", "-q", "--with", "demo", "demo"], ["run", "-q", "--with", "other", "--refresh",
                                                                       "--with", "demo", "demo"],
                              ["gc", "-q", "--max-size", "1", "--grace", "0"], ["verify", "--full", "--repair"]):
                    done = self.envstore(*words)
                    self.assertIn(done.returncode, (0, 1, 3), done.stderr)
                    self.assertNotIn("fault of envstore", done.stderr)
                    if done.returncode == 1:
                        self.assertRegex(done.stderr, "error: .*Permission denied\nhint: ", words)
                self.settle()
                self.chmod("u+w", self.store / part)
                self.run_ok("-q", "--with", "demo", "demo")
                self.settle()


if __name__ == "__main__":
    unittest.main()
