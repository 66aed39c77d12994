"""A program that closes every descriptor, as daemons do, keeps its lease."""
import os
import shutil
import signal
import subprocess
import unittest

from support import ENVSTORE, EnvstoreTest, TIMEOUT

#: Runs a command as in another container, which sees no process of this one.
ELSEWHERE = ["unshare", *([] if os.geteuid() == 0 else ["--user", "--map-root-user"]),
             "--pid", "--fork", "--mount", "--mount-proc"]
CAN_UNSHARE = shutil.which("unshare") is not None and subprocess.run(
    ELSEWHERE + ["true"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0

CLOSES_ALL = """
import demo, os
os.closerange(3, 4096)
open('ready', 'w').close()
open('go').read()
import demo.part
open('done', 'w').write('intact')
"""

DAEMON = """
import demo, os
if os.fork(): os._exit(0)
os.setsid()
if os.fork(): os._exit(0)
os.closerange(0, 4096)
os.open('/dev/null', os.O_RDWR), os.dup(0), os.dup(0)
open('ready', 'w').close()
open('go').read()
import demo.part
open('done', 'w').write('intact')
"""

TELLS_OF_ITS_CHILDREN = """
import os, signal
try: os.wait()
except ChildProcessError: print('nothing to wait for')
signal.signal(signal.SIGTERM, signal.SIG_IGN)
os.killpg(0, signal.SIGTERM)
[keeper] = open('/proc/self/task/%d/children' % os.getpid()).read().split()
while open('/proc/%s/comm' % keeper).read() != 'envstore-keeper\\n': os.sched_yield()
folder = '/proc/%s/fd/' % keeper
print(sorted(os.readlink(folder + fd).split('/')[-2:][0] for fd in os.listdir(folder)))
print(os.getsid(int(keeper)) == int(keeper) != os.getsid(0))
print(os.readlink('/proc/%s/cwd' % keeper))
print(max(int(line.split()[1]) for line in open('/proc/%s/smaps_rollup' % keeper) if line.startswith('Rss')) < 4000)
"""


def give_up(*_):
    raise TimeoutError("a program that failed opens no pipe")


class ClosedDescriptors(EnvstoreTest):
    def setUp(self):
        super().setUp()
        signal.signal(signal.SIGALRM, give_up)
        signal.alarm(TIMEOUT // 2)
        self.addCleanup(signal.alarm, 0)
        self.wheel("demo", files={"demo/__init__.py": "", "demo/part.py": "X = 1\n"})
        for name in ("ready", "go", "done"):
            os.mkfifo(self.work / name)

    def prepared(self, text):
        script = self.script(text, ["demo"])
        self.run_ok("-q", "--with-requirements", script, "python", "-c", "1")
        self.run_ok("-q", "--script", self.script("", ["demo"], name="empty.py"))
        self.settle()
        return script

    def collect_elsewhere(self):
        done = subprocess.run([*ELSEWHERE, ENVSTORE, "gc", "--max-size", "1", "--grace", "0"], env=self.env,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=TIMEOUT)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def survives(self, text, *flags):
        script = self.prepared(text)
        run = subprocess.Popen([ENVSTORE, "run", "-q", *flags, str(script)], env=self.env, cwd=str(self.work),
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.addCleanup(run.kill)
        with run.stdout:
            (self.work / "ready").read_text()
            self.collect_elsewhere()
            (self.work / "go").write_text("go")
            self.assertEqual((self.work / "done").read_text(), "intact")
            self.assertEqual((run.wait(timeout=TIMEOUT), run.stdout.read()), (0, ""))
        self.assertEqual(self.left_over(), [])
        self.assertEqual(os.listdir(self.store / "leases"), [])

    @unittest.skipUnless(CAN_UNSHARE, "no PID namespace may be made here")
    def test_a_program_that_replaced_the_supervisor_keeps_its_lease(self):
        self.survives(CLOSES_ALL, "--exec")

    @unittest.skipUnless(CAN_UNSHARE, "no PID namespace may be made here")
    def test_a_supervised_program_keeps_its_lease(self):
        self.survives(CLOSES_ALL)

    @unittest.skipUnless(CAN_UNSHARE, "no PID namespace may be made here")
    def test_a_daemon_of_a_program_that_replaced_the_supervisor_keeps_its_lease(self):
        self.survives(DAEMON, "--exec")

    @unittest.skipUnless(CAN_UNSHARE, "no PID namespace may be made here")
    def test_a_daemon_of_a_supervised_program_keeps_its_lease(self):
        self.survives(DAEMON)

    def test_the_keeper_is_no_child_of_the_program_and_holds_only_its_own_descriptors(self):
        done = subprocess.run([ENVSTORE, "run", "-q", "--exec", "python", "-c", TELLS_OF_ITS_CHILDREN], env=self.env,
                              cwd=str(self.work), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                              timeout=TIMEOUT, start_new_session=True)
        self.assertEqual(done.stdout.splitlines(),
                         ["nothing to wait for", "['anon_inode:[pidfd]', 'dev', 'dev', 'dev', 'leases']", "True",
                          "/", "True"])
        self.assertEqual(self.left_over(), [])

    def test_a_program_that_cannot_be_started_leaves_no_process(self):
        (self.work / "broken").write_text("#!/no/such/interpreter\n")
        (self.work / "broken").chmod(0o755)
        done = self.envstore("run", "-q", "--exec", "./broken")
        self.assertIn(done.returncode, (126, 127), done.stderr)
        self.assertIn("broken", done.stderr)
        self.assertEqual(self.left_over(), [])
        self.assertEqual(os.listdir(self.store / "leases"), [])


if __name__ == "__main__":
    unittest.main()
