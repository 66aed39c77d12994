"""Resource limits give a message and an ordinary exit code, and leave nothing incomplete; a higher limit never fails
where a lower one worked."""
import os
import resource
import signal
import subprocess
import time
import unittest

from support import ENVSTORE, EnvstoreTest

MIB = 1 << 20
PACKAGES = 12
WITHOUT_CORE = (resource.RLIMIT_CORE, 0)


def limited(*limits):
    def apply():
        for kind, value in (*limits, WITHOUT_CORE):
            hard = resource.getrlimit(kind)[1]
            if hard != resource.RLIM_INFINITY:
                value = min(value, hard)
            resource.setrlimit(kind, (value, value))
    return apply


class LimitsTest(EnvstoreTest):
    def setUp(self):
        super().setUp()
        for number in range(PACKAGES):
            needed = ["demo%d" % (number + 1)] if number + 1 < PACKAGES else []
            self.wheel("demo%d" % number, requires=needed, files={"demo%d.py" % number: "X = 1\n"})
        self.wheel("other")

    def under(self, limits, *command, program=ENVSTORE, stdout=subprocess.PIPE):
        begun = time.monotonic()
        done = subprocess.run([str(program), *map(str, command)], stdin=subprocess.DEVNULL, stdout=stdout,
                              stderr=subprocess.PIPE, text=True, cwd=str(self.work), env=self.env, timeout=300,
                              preexec_fn=limited(*limits))
        done.seconds = time.monotonic() - begun
        return done

    def run_under(self, *limits, packages=("demo0",)):
        withs = [word for package in packages for word in ("--with", package)]
        return self.under(limits, "run", "-q", *withs, "/usr/bin/env", "python", "-c", "1")

    def says_what_it_met(self, done, what):
        self.assertIn(done.returncode, (0, 1), "%s: %s" % (what, done.stdout + done.stderr))
        if done.returncode == 1:
            self.assertRegex(done.stderr, "error: |ImportError|OSError|MemoryError", what)
        self.assertNotIn("fault of envstore", done.stderr, what)
        self.assertLess(done.seconds, 40, what)
        self.assertEqual(self.left_over(), [], "%s: %s" % (what, done.stderr))

    def anew(self):
        subprocess.run(["chmod", "-R", "u+w", str(self.store)], capture_output=True)
        subprocess.run(["rm", "-rf", str(self.store)], check=True)

    def test_few_descriptors(self):
        worked = []
        for most in [*range(5, 24), 26, 30, 40, 64]:
            self.anew()
            done = self.run_under((resource.RLIMIT_NOFILE, most))
            if done.returncode == 127 and "shared libraries" in done.stderr:
                continue  # too few for the dynamic loader
            self.says_what_it_met(done, "%d descriptors" % most)
            if done.returncode == 1:
                self.assertIn("ulimit -n", done.stderr + "ulimit -n" * ("Error 24" in done.stderr), most)
                self.assertEqual(worked, [], "%d descriptors are fewer" % most)
            else:
                worked.append(most)
        self.assertIn(64, worked)

    def test_address_space(self):
        worked = []
        for size in (30, 60, 100, 150, 250, 500, 1000, 2000, 4000, 8000, 16000, 20000, 32000, 64000, 82000, 84000,
                     96000, 200000):
            self.anew()
            done = self.run_under((resource.RLIMIT_AS, size * MIB))
            if done.returncode == 127 and "thread-local data" in done.stderr:
                continue  # too little for the dynamic loader, which ends the program
            self.says_what_it_met(done, "%d MB" % size)
            if done.returncode == 0:
                worked.append(size)
            elif size > 200:  # below, it depends on how many threads run at once
                self.assertEqual(worked, [], "%d MB are less; %s" % (size, done.stderr))
        self.assertIn(1000, worked)

    def test_commands_under_a_limit_of_address_space(self):
        self.run_ok("-q", "--with", "demo0", "python", "-c", "1")
        self.settle()
        for command in (["verify", "--full"], ["gc", "--max-age", "0s", "--grace", "0s"], ["ls"], ["du"],
                        ["verify", "--rebuild-index"]):
            done = self.under([(resource.RLIMIT_AS, 400 * MIB)], *command)
            self.assertEqual(done.returncode, 0, (command, done.stdout + done.stderr))

    def test_a_small_stack(self):
        for size in (128 << 10, 256 << 10, MIB, 64 * MIB, resource.RLIM_INFINITY):
            self.anew()
            done = self.run_under((resource.RLIMIT_STACK, size))
            self.assertEqual(done.returncode, 0, "%d: %s" % (size, done.stderr))
            self.assertEqual(self.left_over(), [])

    def test_a_limit_of_file_size(self):
        self.run_ok("-q", "--with", "other", "python", "-c", "1")
        self.settle()
        failed = 0
        for size in (1, 512, 4096, 8192, 20000, 40000, 100000, MIB):
            for command in (["run", "-q", "--with", "demo0", "python", "-c", "1"],
                            ["run", "-q", "--with", "other", "python", "-c", "1"], ["verify", "-q", "--full"],
                            ["gc", "-q", "--max-size", "0"]):
                done = self.under([(resource.RLIMIT_FSIZE, size)], *command)
                self.says_what_it_met(done, "%s with files of %d bytes" % (command, size))
                if done.returncode == 1:
                    failed += 1
                    self.assertIn("File too large", done.stderr)
                    self.assertIn("ulimit -f", done.stderr)
        self.assertGreater(failed, 3)
        self.assertEqual(self.envstore("verify", "--full", "-q").returncode, 0)
        self.run_ok("-q", "--with", "demo0", "python", "-c", "1")

    def test_a_limit_of_file_size_ends_the_program_as_without_envstore(self):
        self.run_ok("-q", "--with", "other", "python", "-c", "1")
        self.settle()
        for extra in ([], ["--exec"]):
            with open(self.work / "big", "wb") as big:
                done = self.under([(resource.RLIMIT_FSIZE, 200_000)], "run", "-q", *extra, "--with", "other", "head",
                                  "-c", "1000000", "/dev/zero", stdout=big)
            self.assertIn(done.returncode, (128 + signal.SIGXFSZ, -signal.SIGXFSZ), done.stderr)
            self.assertEqual((self.work / "big").stat().st_size, 200_000)

    def test_a_soft_limit_of_file_size_is_the_programs_alone(self):
        def soft():
            resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
        tell = "import resource; print(*resource.getrlimit(resource.RLIMIT_FSIZE)[:1])"
        for _ in range(2):
            done = subprocess.run([ENVSTORE, "run", "-q", "--with", "other", "python", "-c", tell],
                                  stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd=str(self.work),
                                  env=self.env, timeout=300, preexec_fn=soft)
            self.assertEqual((done.returncode, done.stdout), (0, "1000\n"), done.stderr)

    def test_no_more_threads(self):
        if os.geteuid() == 0:
            self.skipTest("root has no limit of processes; the container's is another one")
        mine = len(subprocess.run(["ps", "-L", "-u", str(os.geteuid()), "-o", "lwp="], capture_output=True,
                                  text=True).stdout.split())
        for more in (1, 2, 3, 5, 8, 12, 20):
            self.anew()
            done = self.run_under((resource.RLIMIT_NPROC, mine + more))
            self.says_what_it_met(done, "%d more processes" % more)


if __name__ == "__main__":
    unittest.main()
