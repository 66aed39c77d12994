"""A live lease protects everything that its run may use, whatever happened to its row."""
import fcntl
import json
import os
import shutil
import struct
import subprocess
import unittest

from support import ENVSTORE, EnvstoreTest, TIMEOUT

#: Removes everything that nothing keeps alive.
AGGRESSIVE = ("--max-size", "1", "--grace", "0")

#: Runs a command as in another container, which sees no process of this one.
ELSEWHERE = ["unshare", *([] if os.geteuid() == 0 else ["--user", "--map-root-user"]),
             "--pid", "--fork", "--mount", "--mount-proc"]
CAN_UNSHARE = shutil.which("unshare") is not None and subprocess.run(
    ELSEWHERE + ["true"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0

LATE = """
import demo
print('started', flush=True)
open(%r).read()
import demo.part, other
open(%r, 'w').write('intact')
"""


class LeaseTest(EnvstoreTest):
    def setUp(self):
        super().setUp()
        self.wheel("demo", files={"demo/__init__.py": "", "demo/part.py": "X = 1\n"})
        self.wheel("other")
        os.mkfifo(self.work / "go"), os.mkfifo(self.work / "done")
        self.waits = self.script(LATE % (str(self.work / "go"), str(self.work / "done")), ["demo", "other"])

    def start(self, *flags):
        run = subprocess.Popen([ENVSTORE, "run", *flags, str(self.waits)], env=self.env, cwd=str(self.work),
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(run.stdout.close), self.addCleanup(run.stderr.close), self.addCleanup(run.kill)
        self.assertEqual(run.stdout.readline(), "started\n", )
        self.settle()
        return run

    def finish(self, run):
        (self.work / "go").write_text("go")
        self.assertEqual((self.work / "done").read_text(), "intact")
        self.assertEqual(run.wait(timeout=TIMEOUT), 0, run.stderr.read())

    def gc(self, *flags, before="", program=None):
        command = [*ELSEWHERE, "sh", "-c", before + 'exec "$@"', "sh", ENVSTORE, "gc", *AGGRESSIVE, *flags]
        done = subprocess.run(command, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              timeout=TIMEOUT)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def lose_volatile_data(self):
        for boot in (self.store / "volatile").iterdir():
            shutil.rmtree(boot)

    def make_index_anew(self):
        for file in (self.store / "index").iterdir():
            file.unlink()
        done = self.envstore("verify", "--rebuild-index")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def check_all_goes(self):
        self.left_over()  # waits for the keeper of a program that has just ended
        report = json.loads(self.gc("--json"))
        self.assertEqual((report["kept"], report["failures"], report["left_packages"]), ([], [], 0), report)
        self.assertEqual(self.snapshots(), [])
        self.assertEqual(os.listdir(self.store / "trees"), [])
        self.assertEqual(os.listdir(self.store / "leases"), [])


@unittest.skipUnless(CAN_UNSHARE, "no PID namespace may be made here")
class WithoutRow(LeaseTest):
    def check(self, lose, *flags, before=""):
        run = self.start(*flags)
        lose()
        for _ in range(2):
            report = json.loads(self.gc("--json", before=before))
            self.assertEqual(report["removed"]["snapshots"] + report["removed"]["packages"], 0, report)
            self.assertEqual(len([k for k in report["kept"] if k["why"] == "lease"]), 1, report)
        self.finish(run)
        self.check_all_goes()

    def test_after_volatile_data_was_removed(self):
        self.check(self.lose_volatile_data)

    def test_after_the_index_was_rebuilt(self):
        self.check(self.make_index_anew)

    def test_of_a_program_that_replaced_the_supervisor(self):
        self.check(self.lose_volatile_data, "--exec")

    def test_of_what_was_not_durable_yet(self):
        """The rows of the snapshot are lost with that of the lease: the snapshot is adopted because it is in use."""
        def lose():
            self.make_index_anew()
            self.lose_volatile_data()
            shutil.rmtree(self.store / "index")
            (self.store / "index").mkdir()
            self.make_index_anew()
            self.lose_volatile_data()
        self.check(lose)

    @unittest.skipUnless(os.geteuid() == 0, "only root can mount over /proc/sys")
    def test_of_another_kernel(self):
        """A virtual machine on the same store: another boot id, another volatile index."""
        fake = self.work / "boot_id"
        fake.write_text("11111111-2222-3333-4444-555555555555\n")
        self.check(lambda: None, before="mount --bind %s /proc/sys/kernel/random/boot_id && " % fake)


class Unreadable(LeaseTest):
    def locked_file(self, text):
        """A lease file with the given text, locked by this process."""
        path = self.store / "leases" / ("f" * 32)
        stream = open(path, "w+")
        self.addCleanup(stream.close)
        stream.write(text), stream.flush()
        fcntl.fcntl(stream, fcntl.F_OFD_SETLK, struct.pack("hhqqi", fcntl.F_WRLCK, os.SEEK_SET, 0, 1, 0))
        return stream

    def test_a_truncated_lease_file_protects_everything_while_it_is_locked_and_its_process_is_named(self):
        self.run_ok("--with", "demo", "python", "-c", "")
        self.settle()
        for text in ("", "envstore lease 1\nru", "envstore lease 1\nrun 1 2 1\nx\n" + "a" * 64, "envstore lease 9\n"):
            held = self.locked_file(text)
            done = self.envstore("gc", *AGGRESSIVE)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("is not known", done.stdout, text)
            self.assertIn("held by process %d" % os.getpid(), done.stdout)
            self.assertIn("(unknown)", self.envstore("ls").stdout)
            self.assertEqual(len(self.snapshots()), 1)
            held.close()
        self.envstore("gc", *AGGRESSIVE)
        self.assertEqual(self.snapshots(), [])

    def test_a_lease_of_what_the_index_does_not_know_keeps_what_no_snapshot_has(self):
        self.run_ok("--with", "demo", "python", "-c", "")
        self.settle()
        held = self.locked_file("envstore lease 1\nrun 77 1 1\nx.py\n" + "ab" * 32 + "\n")
        report = json.loads(self.envstore("gc", *AGGRESSIVE, "--json").stdout)
        self.assertEqual(report["removed"]["snapshots"], 1)  # the lease uses a different one
        self.assertEqual(report["stray_leases"], ["process 77, running x.py"])
        self.assertEqual(len(os.listdir(self.store / "trees")), 1)
        held.close()
        self.envstore("gc", *AGGRESSIVE)
        self.assertEqual(os.listdir(self.store / "trees"), [])


class Listed(LeaseTest):
    def test_leases_with_and_without_a_row_are_reported_separately(self):
        run = self.start()
        for lose in (lambda: None, self.lose_volatile_data):
            lose()
            leases = json.loads(self.envstore("ls", "--json").stdout)["leases"]
            others = [l for l in leases if l["kind"] != "compile"]  # the run's supervisor may have just started one
            self.assertEqual([(l["kind"], l["live"], len(l["snapshots"])) for l in others], [("run", True, 1)])
            self.assertIn("(run, process ", self.envstore("ls").stdout)
        self.finish(run)

    def test_compiling_is_no_run(self):
        self.wheel("big", files={"big/m%d.py" % i: "X = 1\n" * 200 for i in range(300)})
        os.mkfifo(self.work / "seen")
        seen = []
        run = self.start()
        compiler = subprocess.Popen([ENVSTORE, "run", "--compile-bytecode", "--with", "big", "python", "-c", ""],
                                    env=self.env)
        while compiler.poll() is None:
            seen += [l["kind"] for l in json.loads(self.envstore("ls", "--json").stdout)["leases"]]
        self.assertIn("compile", seen)
        self.assertIn("ingest", seen)
        self.finish(run)


if __name__ == "__main__":
    unittest.main()
