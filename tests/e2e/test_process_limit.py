"""When no more processes or threads can be created, a message names the limit, and nothing is left incomplete."""
import contextlib
import ctypes
import os
import resource
import shutil
import subprocess
import unittest

from support import OrdinaryUserTest

PR_SET_CHILD_SUBREAPER = 36


def processes_of(user):
    listed = subprocess.run(["ps", "-L", "-u", str(user), "-o", "lwp="], capture_output=True, text=True).stdout
    return len(listed.split())


class ProcessLimit(OrdinaryUserTest):
    def setUp(self):
        super().setUp()
        # An ended process counts until it is reaped: those of background work become children of this process.
        self.assertEqual(ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0)
        for number in range(4):
            self.wheel("demo%d" % number, requires=["demo%d" % (number + 1)] if number < 3 else [])

    def with_more(self, more, *arguments):
        def limit():
            resource.setrlimit(resource.RLIMIT_NPROC, (most, most))
        with contextlib.suppress(ChildProcessError):
            while True:
                os.waitpid(-1, 0)
        most = more + processes_of(self.user)
        return self.envstore(*arguments, limit=limit)

    def anew(self):
        self.settle()
        subprocess.run(["chmod", "-R", "u+w", str(self.store)], capture_output=True)
        shutil.rmtree(self.store, ignore_errors=True)

    def check(self, done, what):
        self.assertIn(done.returncode, (0, 1, 126), (what, done.stdout, done.stderr))
        if done.returncode != 0:
            self.assertIn("ulimit -u", done.stderr, what)
            self.assertNotIn("cannot be used", done.stderr, what)
        self.assertEqual(self.left_over(), [], (what, done.stdout, done.stderr))

    def test_runs(self):
        codes = set()
        for words in (["/usr/bin/true"], ["--compile-bytecode", "/usr/bin/true"]):
            for more in (1, 2, 3, 4, 6, 40):
                self.anew()
                done = self.with_more(more, "run", "-q", "--with", "demo0", *words)
                self.check(done, (words, more))
                codes.add(done.returncode)
        if os.geteuid() == 0:
            self.assertIn(1, codes)
            self.assertIn(0, codes)

    def test_warm_runs(self):
        self.run_ok("-q", "--with", "demo0", "/usr/bin/true")
        self.settle()
        for more in (1, 2):
            done = self.with_more(more, "run", "-q", "--with", "demo0", "/usr/bin/true")
            self.check(done, more)
            if os.geteuid() == 0:
                self.assertEqual(done.returncode, 126 if more == 1 else 0, done.stderr)
        done = self.with_more(1, "run", "-q", "--exec", "--with", "demo0", "/usr/bin/true")
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_a_collection_removes_as_much_as_with_threads(self):
        for more in (1, 2, 4):
            self.anew()
            self.run_ok("-q", "--with", "demo0", "/usr/bin/true")
            self.settle()
            done = self.with_more(more, "gc", "--max-size", "1", "--grace", "0")
            self.check(done, more)
            self.assertEqual(done.returncode, 0, done.stderr)
            files = [name for _, _, names in os.walk(self.store / "objects") for name in names]
            self.assertEqual((files, self.snapshots(), os.listdir(self.store / "trees")), ([], [], []), done.stdout)

    def test_verify(self):
        self.run_ok("-q", "--with", "demo0", "/usr/bin/true")
        self.settle()
        for words in (["--full"], ["--repair"], ["--rebuild-index"]):
            done = self.with_more(1, "verify", *words)
            self.assertEqual(done.returncode, 0, (words, done.stdout, done.stderr))


if __name__ == "__main__":
    unittest.main()
