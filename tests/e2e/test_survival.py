"""Many concurrent processes, kills, and programs that write where they should not."""
import os
import signal
import subprocess
import unittest

from support import ENVSTORE, EnvstoreTest, TIMEOUT, make_wheel


class ManyAtOnce(EnvstoreTest):
    def test_fifty_first_runs_of_one_script_all_succeed_and_fetch_each_wheel_once(self):
        self.env["ENVSTORE_BYTECODE"] = "never"  # background work keeps its list of modules to compile in tmp
        names = ["one", "two", "three"]
        for name in names:
            self.wheel(name, files={name + ".py": "X = 1\n", **{"%s_d/%d.py" % (name, i): "Y = %d\n" % i for i in range(50)}})
        script = self.script("import one, two, three; print('ok')", names)
        runs = [subprocess.Popen([ENVSTORE, "run", str(script)], env=self.env, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, text=True) for _ in range(50)]
        for run in runs:
            out, err = run.communicate(timeout=TIMEOUT)
            self.assertEqual((run.returncode, out), (0, "ok\n"), err)
        fetched = [r["path"] for r in self.server.requests() if r["path"].endswith(".whl") and not r.get("range")]
        self.assertEqual(sorted(fetched), sorted(set(fetched)))
        self.assertEqual(len(self.snapshots()), 1)
        self.assertEqual(len(os.listdir(self.store / "trees")), 3)
        self.assertEqual(os.listdir(self.store / "tmp"), [])


class Kills(EnvstoreTest):
    def start_waiting_script(self, dependencies=(), extra=""):
        """A script that prints `started`, waits for input from a FIFO, imports late, and writes `intact` when done."""
        os.mkfifo(self.work / "go"), os.mkfifo(self.work / "done")
        body = extra + ("print('started', flush=True)\nopen('go').read()\n"
                        + "".join("import %s\n" % d for d in dependencies)
                        + "open('done', 'w').write('intact')\n")
        script = self.script(body, list(dependencies))
        run = subprocess.Popen([ENVSTORE, "run", str(script)], env=self.env, cwd=str(self.work),
                               stdout=subprocess.PIPE, text=True)
        self.addCleanup(run.stdout.close)
        self.assertEqual(run.stdout.readline(), "started\n")
        return run

    def test_after_a_kill_of_the_supervisor_the_program_goes_on_in_an_intact_environment(self):
        self.wheel("demo")
        run = self.start_waiting_script(["demo"])
        run.kill()
        self.assertEqual(run.wait(), -signal.SIGKILL)
        # Another run meanwhile must not remove anything that it uses.
        self.run_ok(self.script("import demo", ["demo"], name="other.py"))
        (self.work / "go").write_text("go")
        self.assertEqual((self.work / "done").read_text(), "intact")

    def test_a_signal_to_the_supervisor_reaches_the_program_once(self):
        run = self.start_waiting_script(extra=(
            "import os, signal\nsignal.signal(signal.SIGTERM, lambda *a: os.write(1, b'term\\n'))\n"))
        run.send_signal(signal.SIGTERM)
        self.assertEqual(run.stdout.readline(), "term\n")
        (self.work / "go").write_text("go")
        self.assertEqual((self.work / "done").read_text(), "intact")
        self.assertEqual(run.wait(timeout=TIMEOUT), 0)
        self.assertEqual(run.stdout.read(), "")

    def test_kills_at_any_moment_of_a_cold_run_leave_a_store_that_works(self):
        for i in range(3):
            make_wheel(self.wheels, "demo%d" % i, "1.0", files={"demo%d/%d.py" % (i, j): "X = 1\n" * j for j in range(200)})
        script = self.script("import demo0, demo1, demo2; print('ok')", ["demo0", "demo1", "demo2"])
        # strace kills the program at the N-th call of a thread that changes the disk, independent of time.
        calls = "openat,linkat,rename,renameat,renameat2,pwrite64,mkdirat,unlinkat,symlinkat,write"
        killed = 0
        for n in list(range(1, 60, 7)) + [80, 100, 150]:
            cold = subprocess.run(["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=" + calls,
                                   "-e", "inject=%s:signal=SIGKILL:when=%d" % (calls, n), ENVSTORE, "run", str(script)],
                                  env=self.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=TIMEOUT)
            killed += cold.returncode != 0  # strace ends as the program does
            self.assertEqual(self.run_ok(script).stdout, "ok\n")
            # A new store, so that the next run is cold.
            self.store = self.home / ("store-%d" % n)
            self.env["ENVSTORE_ROOT"] = str(self.store)
        self.assertGreater(killed, 9)


class Writers(EnvstoreTest):
    def pip(self, prefix_command=()):
        """Installs a wheel with pip inside a run whose environment has pip in a layer."""
        self.wheel("demo", "1.0"), self.wheel("extra", "1.0"), self.wheel("demo", "2.0")
        body = ("import subprocess, sys, demo\n"
                "r = subprocess.run([sys.executable, '-m', 'pip', 'install', '-q', '--no-index', '--find-links', %r, 'extra', 'demo==2.0'])\n"
                "assert r.returncode == 0\n"
                "out = subprocess.run([sys.executable, '-c', 'import extra, demo; print(extra.__file__, demo.VERSION)'], capture_output=True, text=True)\n"
                "print(out.stdout, out.stderr)\n" % str(self.wheels))
        return self.script(body, ["demo==1.0", "pip"])

    def pip_wheel(self):
        import glob
        import shutil
        found = glob.glob("/usr/share/python-wheels/pip-*.whl") + sorted(glob.glob(os.path.expanduser("~/.pyenv/versions/3.1*/lib/python3.*/ensurepip/_bundled/pip-*.whl")))
        self.assertTrue(found, "no wheel of pip on this machine: install python3-pip-whl")
        shutil.copy(found[-1], self.wheels)

    def check(self, run):
        self.pip_wheel()
        script = self.pip()
        self.run_ok("--with", "demo==1.0", "--with", "pip", "python", "-c", "import pip, demo")
        before = None
        for _ in range(2):
            done = run(script)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("scratch", done.stdout)
            self.assertIn("2.0", done.stdout)
            after = self.frozen()
            if before is not None:
                self.assertEqual(after, before)
            before = after
        self.assertEqual(self.run_ok("--with", "demo==1.0", "--with", "pip", "python", "-c", "import demo; print(demo.VERSION)").stdout, "1.0\n")

    def test_pip_install_inside_a_run_changes_no_environment(self):
        self.check(lambda script: self.envstore("run", script))

    @unittest.skipUnless(os.geteuid() == 0, "only root can become somebody else")
    def test_pip_install_inside_a_run_as_an_ordinary_user(self):
        self.home.chmod(0o755)
        for path in [self.home, *self.home.rglob("*")]:
            os.chown(path, 65534, 65534)

        def as_nobody(*arguments, **_):
            return subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", ENVSTORE, *map(str, arguments)],
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=TIMEOUT,
                                  cwd=str(self.work), env=self.env)

        self.envstore = as_nobody
        self.check(lambda script: as_nobody("run", script))

    def test_a_program_that_writes_beside_its_modules_is_stopped_or_lands_in_scratch(self):
        self.wheel("demo", files={"demo/__init__.py": "VERSION = '1.0'\n"})
        body = ("import demo, os, sys\n"
                "import sysconfig; open(os.path.join(sysconfig.get_path('purelib'), 'mine.py'), 'w').write('X = 1')\n"
                "import mine; print(mine.X)\n")
        script = self.script(body, ["demo"])
        self.run_ok(script)
        before = self.frozen()
        self.assertEqual(self.run_ok(script).stdout, "1\n")
        self.assertEqual(self.frozen(), before)
        fails = self.script("import mine", ["demo"], name="b.py")
        self.assertIn("ModuleNotFoundError", self.envstore("run", fails).stderr)


if __name__ == "__main__":
    unittest.main()
