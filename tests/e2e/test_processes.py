"""Interaction with other processes: signals, descriptors, users, and what a program inherits."""
import contextlib
import os
import pathlib
import pwd
import select
import signal
import subprocess
import time
import unittest

from support import ENVSTORE, EnvstoreTest, TIMEOUT

#: Prints the number of each signal that arrives, even if several arrive at once; SIGUSR2 ends it.
COUNT = """
import os, select, signal
r, w = os.pipe()
os.set_blocking(w, False)
signal.set_wakeup_fd(w)
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2):
    signal.signal(number, lambda *_: None)
print("ready", os.getpid(), flush=True)
seen = b""
while signal.SIGUSR2 not in seen:
    select.select([r], [], [])
    arrived = os.read(r, 100)
    seen += arrived
    for number in arrived:
        print(number, flush=True)
"""


class Signals(EnvstoreTest):
    def setUp(self):
        super().setUp()
        self.count = self.script(COUNT, name="count.py")
        self.run_ok("python", "-c", "")
        self.settle()

    def start(self):
        started = subprocess.Popen([ENVSTORE, "run", "-q", "python", str(self.count)], env=self.env, cwd=self.work, text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True)
        self.addCleanup(started.stdout.close)
        self.program = int(started.stdout.readline().split()[1])
        self.wait_for_witness(started)
        return started

    def helpers(self, started):
        """The children of the supervisor other than the program."""
        path = pathlib.Path("/proc/%d/task/%d/children" % (started.pid, started.pid))
        return set(map(int, path.read_text().split())) - {self.program}

    def wait_for_witness(self, started, before=frozenset()):
        """Waits until the supervisor has its second child beside the program (another one than `before`): then it can
        tell to whom a signal is sent, and has handled the previous signal. The end of the previous child is an event;
        an ordinary user cannot wait for another process to create a child, so this polls."""
        for pid in before:
            with contextlib.suppress(ProcessLookupError):
                self.wait_for_end(os.pidfd_open(pid))
        end = time.monotonic() + TIMEOUT
        while len(self.helpers(started) - before) != 1 or self.helpers(started) & before:
            self.assertLess(time.monotonic(), end)
            os.sched_yield()

    def wait_for_end(self, pidfd):
        self.assertTrue(select.select([pidfd], [], [], TIMEOUT)[0])
        os.close(pidfd)

    def seen(self, started):
        """Ends the program and returns the signals that it received. Call it after the supervisor has handled them."""
        os.kill(self.program, signal.SIGUSR2)
        out, _ = started.communicate(timeout=TIMEOUT)
        self.assertEqual(started.returncode, 0)
        return [int(n) for n in out.split() if int(n) != signal.SIGUSR2]

    def test_one_that_is_sent_to_the_whole_group_arrives_once(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1):
            started = self.start()
            before = self.helpers(started)
            os.kill(started.pid, signal.SIGSTOP)  # as on a busy machine: the program runs before the supervisor
            os.killpg(started.pid, number)
            os.kill(started.pid, signal.SIGCONT)
            self.wait_for_witness(started, before)
            self.assertEqual(self.seen(started), [number])

    def test_each_of_several_to_the_group_arrives_once(self):
        started = self.start()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGTERM):
            before = self.helpers(started)
            os.killpg(started.pid, number)
            self.wait_for_witness(started, before)
        self.assertEqual(self.seen(started), [signal.SIGTERM, signal.SIGINT, signal.SIGTERM])

    def test_a_manager_that_goes_from_process_to_process_is_a_sender_to_all(self):
        started = self.start()
        before = self.helpers(started)
        for pid in (started.pid, self.program, *before):
            os.kill(pid, signal.SIGTERM)
        self.wait_for_witness(started, before)
        self.assertEqual(self.seen(started), [signal.SIGTERM])

    def test_one_that_is_sent_to_the_supervisor_alone_arrives(self):
        started = self.start()
        for number in (signal.SIGTERM, signal.SIGINT):
            os.kill(started.pid, number)
            self.assertEqual(int(started.stdout.readline()), number)
        self.assertEqual(self.seen(started), [])  # no signal arrived twice

    def test_nothing_is_left_when_the_supervisor_is_killed(self):
        started = self.start()
        ends = {pid: os.pidfd_open(pid) for pid in self.helpers(started)}
        self.assertEqual(len(ends), 1)
        os.kill(started.pid, signal.SIGKILL)
        started.wait(TIMEOUT)
        for pidfd in ends.values():
            self.wait_for_end(pidfd)
        os.kill(self.program, signal.SIGUSR2)


class Inherited(EnvstoreTest):
    def test_sigchld_is_ignored(self):
        self.wheel("demo")
        ignore = lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        for words in (["run", "--with", "demo", "python", "-c", "import demo"],) * 2 + (
                ["run", "--compile-bytecode", "--with", "demo", "python", "-c", "import demo"], ["verify", "--full"], ["gc"]):
            done = subprocess.run([ENVSTORE, *words], env=self.env, cwd=self.work, preexec_fn=ignore, text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=TIMEOUT)
            self.assertEqual(done.returncode, 0, done.stdout)

    def test_every_signal_is_blocked(self):
        self.wheel("demo")
        block = lambda: signal.pthread_sigmask(signal.SIG_SETMASK, signal.valid_signals())
        words = "run", "--with", "demo", "python", "-c", "import demo, signal; print(signal.SIGTERM in signal.pthread_sigmask(0, []))"
        for _ in range(2):
            done = subprocess.run([ENVSTORE, *words], env=self.env, cwd=self.work, preexec_fn=block, text=True,
                                  stdout=subprocess.PIPE, timeout=TIMEOUT)
            self.assertEqual((done.returncode, done.stdout), (0, "True\n"))

    def test_standard_streams_are_closed(self):
        self.wheel("demo")
        body = ("import demo, os; fds = [fd for fd in range(3) if os.path.exists('/proc/self/fd/%d' % fd)]\n"
                "open('seen', 'a').write(str(fds))")
        for redirections in ("<&- >&- 2>&-", "2>&-", "<&- 2>&-", ">&-"):
            for words in (["--with", "demo", "python", "-c", body], ["no-such-command"], ["pip", "install", "nothing-of-this-name"]):
                subprocess.run(["sh", "-c", '"$@" ' + redirections, "sh", ENVSTORE, "run", *words], env=self.env, cwd=self.work,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=TIMEOUT)
        self.settle()
        self.assertEqual(self.envstore("verify", "--full").returncode, 0)
        self.assertEqual((self.work / "seen").read_text(), "[][0, 1][1][0, 2]")

    def test_a_pipe_s_reader_has_gone_and_sigpipe_is_ignored(self):
        self.run_ok("python", "-c", "")
        done = subprocess.run(["sh", "-c", "trap '' PIPE; '%s' ls | true" % ENVSTORE], env=self.env, stderr=subprocess.PIPE,
                              text=True, timeout=TIMEOUT)
        self.assertNotIn("fault of envstore", done.stderr)


class Users(EnvstoreTest):
    def without(self, *names, **extra):
        return {**{k: v for k, v in self.env.items() if k not in names}, **extra}

    def test_home_is_not_set(self):
        """The store is in the home directory given by passwd; this test writes nothing there."""
        home = pwd.getpwuid(os.geteuid()).pw_dir
        for env in (self.without("HOME", "ENVSTORE_ROOT"), self.without("ENVSTORE_ROOT", HOME="")):
            done = subprocess.run([ENVSTORE, "config", "--json"], env=env, cwd=self.work, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True, timeout=TIMEOUT)
            self.assertEqual(done.returncode, 0, done.stdout)
            self.assertIn(os.path.join(home, ".cache/envstore"), done.stdout)
        self.assertEqual(subprocess.run([ENVSTORE, "run", "python", "-c", ""], env=self.without("HOME"), cwd=self.work).returncode, 0)

    @unittest.skipUnless(os.geteuid() == 0, "only root can be somebody else")
    def test_root_with_a_user_s_home_leaves_nothing_there(self):
        user = 65534
        home = self.home / "theirs"
        (home / ".cache").mkdir(parents=True)
        os.chmod(self.home, 0o755)
        for path in (home, home / ".cache"):
            os.chown(path, user, user)
        before = [str(p) for p in home.rglob("*")]
        for variables in ({"HOME": str(home)}, {"HOME": str(home), "XDG_CACHE_HOME": str(home / ".cache")}):
            done = subprocess.run([ENVSTORE, "config", "--json"], env=self.without("ENVSTORE_ROOT", SUDO_UID=str(user), **variables),
                                  cwd=self.work, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=TIMEOUT)
            self.assertNotIn(str(home / ".cache/envstore"), done.stdout)
        named = {**self.env, "SUDO_UID": str(user), "ENVSTORE_ROOT": str(home / "store")}
        done = subprocess.run([ENVSTORE, "run", "python", "-c", ""], env=named, cwd=self.work, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=TIMEOUT)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("sudo", done.stdout)
        self.assertEqual([str(p) for p in home.rglob("*")], before)


if __name__ == "__main__":
    unittest.main()
