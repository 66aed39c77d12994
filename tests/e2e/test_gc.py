"""gc with concurrent runs, daemons, kills and PID namespaces: nothing in use is removed, nothing unused stays."""
import json
import os
import subprocess
import threading
import unittest

from support import ENVSTORE, EnvstoreTest, TIMEOUT, files_under

#: Removes everything that nothing keeps alive.
AGGRESSIVE = ("--max-size", "1", "--grace", "0")

LATE = """
import os, sys
def late():
    import demo.part, other
    assert demo.part.X == 1 and other.VERSION == '1.0'
"""


class GcTest(EnvstoreTest):
    def setUp(self):
        super().setUp()
        self.wheel("demo", files={"demo/__init__.py": "", "demo/part.py": "X = 1\n"})
        self.wheel("other")
        os.mkfifo(self.work / "go"), os.mkfifo(self.work / "done")

    def gc(self, *flags, code=0, **options):
        done = self.envstore("gc", *flags, **options)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout

    def collect(self, **options):
        return json.loads(self.gc(*AGGRESSIVE, "--json", **options))

    def waiting(self, before="", name="waits.py"):
        """A script that prints `started` and imports its packages only after it is told to continue."""
        body = LATE + before + (
            "print('started', flush=True)\nopen(%r).read()\nlate()\nopen(%r, 'w').write('intact')\n"
            % (str(self.work / "go"), str(self.work / "done")))
        return self.script(body, ["demo", "other"], name=name)

    def start(self, script, *flags, command=()):
        run = subprocess.Popen([*command, ENVSTORE, "run", *flags, str(script)], env=self.env, cwd=str(self.work),
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.addCleanup(run.stdout.close)
        self.addCleanup(run.kill)
        self.assertEqual(run.stdout.readline(), "started\n")
        return run

    def let_go_on(self):
        (self.work / "go").write_text("go")
        self.assertEqual((self.work / "done").read_text(), "intact")

    def check_nothing_is_taken(self):
        for _ in range(2):
            report = self.collect()
            self.assertEqual(report["removed"]["snapshots"], 0, report)
            self.assertEqual(report["failures"], [])

    def check_all_goes(self):
        self.settle()
        self.wait_for_keepers()
        report = self.collect()
        self.assertEqual((report["kept"], report["failures"], report["left_packages"]), ([], [], 0), report)
        self.assertEqual(self.snapshots(), [])
        for folder in ("trees", "trash", "tmp", "bytecode", "leases"):
            self.assertEqual(os.listdir(self.store / folder), [], folder)
        self.assertEqual([p for p in files_under(self.store, "objects").values() if p != "directory"], [])


class InUse(GcTest):
    def test_a_run_keeps_what_it_imports_late(self):
        run = self.start(self.waiting())
        self.settle()
        self.check_nothing_is_taken()
        self.let_go_on()
        self.assertEqual(run.wait(timeout=TIMEOUT), 0)
        self.check_all_goes()

    def test_a_program_that_replaced_the_supervisor_keeps_what_it_imports(self):
        run = self.start(self.waiting(), "--exec")
        self.settle()
        self.check_nothing_is_taken()
        self.let_go_on()
        self.assertEqual(run.wait(timeout=TIMEOUT), 0)
        self.check_all_goes()

    def test_a_program_whose_supervisor_was_killed_keeps_what_it_imports(self):
        run = self.start(self.waiting())
        self.settle()
        run.kill()
        run.wait(timeout=TIMEOUT)
        self.check_nothing_is_taken()
        self.let_go_on()

    def test_a_daemon_that_has_closed_everything_and_outlives_the_run_keeps_what_it_imports(self):
        daemon = ("r, w = os.pipe()\n"
                  "if os.fork():\n    os.close(w); os.read(r, 1); print('started', flush=True); os._exit(0)\n"
                  "os.setsid()\n"
                  "if os.fork(): os._exit(0)\n"
                  "os.write(w, b'x')\n"
                  "os.closerange(0, 4096)\n")
        body = LATE + daemon + ("open(%r).read()\nlate()\nopen(%r, 'w').write('intact')\n"
                                % (str(self.work / "go"), str(self.work / "done")))
        run = self.start(self.script(body, ["demo", "other"], name="daemon.py"))
        self.assertEqual(run.wait(timeout=TIMEOUT), 0)
        self.settle()
        self.check_nothing_is_taken()
        self.let_go_on()

    def test_a_daemon_whose_keeper_was_killed_keeps_what_it_imports(self):
        """No process holds the lease any more: only the running process check (/proc) protects the snapshot."""
        run = self.start(self.waiting("os.closerange(3, 4096)\n"))
        run.kill()
        run.wait(timeout=TIMEOUT)
        self.wait_for_the_last_start_of(run)
        self.settle()  # background work has inherited the lease; none can start any more
        report = self.collect()
        self.assertEqual(report["removed"]["snapshots"], 0, report)
        self.assertTrue(report["in_use"], report)
        self.let_go_on()

    def test_a_run_in_another_pid_namespace_keeps_what_it_imports(self):
        command = ("unshare", "--pid", "--fork", "--mount-proc")
        if os.geteuid() != 0:
            command += ("--user", "--map-root-user")
        if subprocess.run([*command, "true"], capture_output=True).returncode != 0:
            self.skipTest("this machine lets nobody but root make a PID namespace")
        run = self.start(self.waiting(), command=command)
        self.settle()
        self.check_nothing_is_taken()
        self.let_go_on()
        self.assertEqual(run.wait(timeout=TIMEOUT), 0)
        self.check_all_goes()

    def test_gc_inside_a_run_spares_that_run(self):
        body = LATE + ("import subprocess\n"
                       "subprocess.run([%r, 'gc', '--max-size', '1', '--grace', '0'], check=True)\nlate()\n" % ENVSTORE)
        self.run_ok(self.script(body, ["demo", "other"]))


class Again(GcTest):
    def test_what_was_removed_is_made_again_by_the_next_run(self):
        script = self.script("import demo.part, other; print('ok')", ["demo", "other"])
        for _ in range(2):
            self.assertEqual(self.run_ok(script).stdout, "ok\n")
            self.settle()
            self.check_all_goes()

    def test_runs_and_collections_at_once(self):
        """Runs of cached and new environments import late, while collections continuously remove all that they may."""
        scripts = [self.script(LATE + "import subprocess\nsubprocess.run(['/bin/true'])\nlate()\nprint('ok')\n",
                               ["demo", "other"], name="s%d.py" % i, head="# requires-python = '>=3.%d'\n" % (i % 4))
                   for i in range(20)]
        stop = threading.Event()
        faults = []

        def keep_collecting():
            while not stop.is_set():
                done = self.envstore("gc", *AGGRESSIVE, "--json")
                if done.returncode != 0:
                    faults.append(done.stdout + done.stderr)
                    return
        collector = threading.Thread(target=keep_collecting)
        collector.start()
        try:
            for _ in range(2):
                runs = [subprocess.Popen([ENVSTORE, "run", str(s)], env=self.env, stdout=subprocess.PIPE,
                                         stderr=subprocess.PIPE, text=True) for s in scripts]
                for run in runs:
                    out, err = run.communicate(timeout=TIMEOUT)
                    self.assertEqual((run.returncode, out), (0, "ok\n"), err)
        finally:
            stop.set()
            collector.join()
        self.assertEqual(faults, [])
        self.settle()
        self.check_all_goes()


class Command(GcTest):
    def made(self):
        self.run_ok(self.script("import demo", ["demo"], name="demo.py"))
        self.run_ok(self.script("import other", ["other"], name="other.py"))
        self.settle()

    def test_a_dry_run_reports_what_a_collection_then_does(self):
        self.made()
        planned = json.loads(self.gc(*AGGRESSIVE, "--dry-run", "--json"))
        self.assertEqual(len(self.snapshots()), 2)
        done = self.collect()
        self.assertEqual([s["id"] for s in planned["going"]], [s["id"] for s in done["going"]])
        self.assertEqual(planned["bytes_before"] - planned["bytes_after"], done["removed"]["bytes"])

    def test_the_text_names_what_was_removed_and_what_stayed(self):
        self.made()
        text = self.gc("--max-size", "1")
        self.assertIn("kept 2 snapshots", text)
        self.assertIn("grace", text)
        self.assertIn("max-size is missed by", text)
        text = self.gc(*AGGRESSIVE)
        self.assertIn("removed 2 snapshots, 2 packages", text)
        self.assertIn("demo.py", text)
        self.assertNotIn("no rule removes snapshots", self.gc())
        without = {"ENVSTORE_GC_" + rule: "none" for rule in ("MAX_SIZE", "MIN_FREE", "MAX_AGE")}
        self.assertIn("no rule removes snapshots", self.gc(env=without))

    def test_one_snapshot_explained(self):
        self.made()
        one = self.snapshots()[0]
        text = self.gc("--explain", one[:8])
        self.assertIn(one, text)
        self.assertIn("cannot explain", self.envstore("gc", "--explain", "zz").stderr)

    def test_the_policy_comes_from_flags_variables_and_files(self):
        self.made()
        config = self.home / ".config" / "envstore" / "envstore.yaml"
        config.parent.mkdir(parents=True)
        config.write_text("gc:\n  max-size: 1\n  grace: 0\n")
        self.assertEqual(len(json.loads(self.gc("--dry-run", "--json"))["going"]), 2)
        self.assertEqual(json.loads(self.gc("--dry-run", "--json", "--max-size", "10GB"))["going"], [])
        env = {"ENVSTORE_GC_MAX_SIZE": "5GB"}
        self.assertEqual(json.loads(self.gc("--dry-run", "--json", env=env))["going"], [])
        config.write_text("gc:\n  max-sise: 1\n")
        fails = self.envstore("gc")
        self.assertEqual(fails.returncode, 2)
        self.assertIn("line 2, column 3", fails.stderr)
        self.assertIn("max-size", fails.stderr)
        config.write_text("gc:\n  max-size: some\n")
        fails = self.envstore("gc")
        self.assertEqual(fails.returncode, 2)
        self.assertIn("envstore.yaml:2", fails.stderr)

    def test_another_collection_at_work_has_its_exit_code(self):
        self.made()
        holder = subprocess.Popen(
            ["python3", "-c", "import fcntl, os, struct, sys\n"
             "fd = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)\n"
             "fcntl.fcntl(fd, 37, struct.pack('hhqqi4x', fcntl.F_WRLCK, 0, 0, 1, 0))\n"  # F_OFD_SETLK
             "print('held', flush=True)\nsys.stdin.read()\n", str(self.store / "locks" / "gc.lock")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.assertEqual(holder.stdout.readline(), "held\n")
        self.assertIn("at work", self.gc())
        self.assertIn("at work", self.envstore("gc", "--lock-timeout", "1s").stderr)
        self.assertEqual(self.envstore("gc", "--lock-timeout", "1s").returncode, 11)
        holder.communicate()

    def test_a_run_that_outgrows_the_policy_starts_a_collection_in_the_background(self):
        self.made()
        env = {"ENVSTORE_GC_MAX_SIZE": "1", "ENVSTORE_GC_GRACE": "0"}
        self.wheel("third")  # shares no tree with the others, so they free space even while it is in use
        new = self.script("import third", ["third"], name="new.py")
        self.run_ok(new, env=env)
        self.settle()
        # The run itself may or may not have ended before the collection; the snapshots of earlier runs are gone.
        left = {s["requests"][0] for s in json.loads(self.envstore("ls", "--json").stdout)["snapshots"]}
        self.assertLessEqual(left, {str(new)})

    def test_a_store_that_cannot_be_written_in_part_ends_with_3_and_goes_on_the_next_time(self):
        if os.geteuid() != 0:
            self.skipTest("only root can become somebody else")
        self.made()
        self.home.chmod(0o755)
        for path in [self.home, *self.home.rglob("*")]:
            os.chown(path, 65534, 65534, follow_symlinks=False)
        command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", ENVSTORE, "gc", *AGGRESSIVE]
        trees = self.store / "trees"
        trees.chmod(0o500)
        done = subprocess.run(command, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.assertEqual(done.returncode, 3, done.stdout + done.stderr)
        self.assertIn("cannot", done.stdout)
        trees.chmod(0o700)
        done = subprocess.run(command, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(os.listdir(trees), [])


if __name__ == "__main__":
    unittest.main()
