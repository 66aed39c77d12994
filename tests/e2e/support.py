"""What every end-to-end test needs: the built program, its own store, wheels and a package index on loopback."""
import atexit
import fcntl
import hashlib
import json
import os
import pathlib
import select
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from index_server import IndexServer  # noqa: E402
from make_wheel import make_wheel  # noqa: E402


def may_be_started_by_anyone(program):
    path = pathlib.Path(program)
    return os.stat(path).st_mode & 0o005 == 0o005 and all(os.stat(folder).st_mode & 0o001 for folder in path.parents)


def started_by_anyone(program):
    """The program or, under root, if other users cannot reach it (a checkout in /root): a copy that they can reach."""
    if os.geteuid() != 0 or may_be_started_by_anyone(program):
        return program
    folder = tempfile.mkdtemp(prefix="envstore-program-")
    atexit.register(shutil.rmtree, folder)
    os.chmod(folder, 0o755)
    subprocess.run(["meson", "install", "-C", pathlib.Path(program).parents[1], "--no-rebuild", "--quiet", "--destdir", folder],
                   check=True, stdout=subprocess.DEVNULL)
    [copy] = pathlib.Path(folder).rglob("bin/envstore")
    return str(copy)


ENVSTORE = started_by_anyone(os.environ["ENVSTORE_PROGRAM"])
TIMEOUT = 300  # seconds; an upper bound, not a delay

#: Prefixes of environment variables that would change the behaviour of the program.
CALLERS_SETTINGS = ("UV_", "PIP_", "ENVSTORE_", "PYTHON", "PYENV_", "VIRTUAL_ENV", "XDG_", "NO_COLOR", "MALLOC_")


def clean_environment(**extra):
    env = {k: v for k, v in os.environ.items() if not k.startswith(CALLERS_SETTINGS)}
    env.update(extra)
    return env


def remove_tree(folder):
    """Removes a folder that contains directories without write permission for their owner."""
    for path, _, _ in os.walk(folder):
        os.chmod(path, 0o700)
    shutil.rmtree(folder)


def files_under(root, *folders):
    """{path: content} below the folders: hash and mode of a file, target of a link."""
    seen = {}
    known = {}  # by inode: there are many hard links
    for folder in folders:
        for directory, names, files in os.walk(os.path.join(root, folder)):
            for name in names + files:
                path = os.path.join(directory, name)
                if os.path.islink(path):
                    seen[path] = "link " + os.readlink(path)
                elif os.path.isfile(path):
                    stamp = os.stat(path)
                    if stamp.st_ino not in known:
                        with open(path, "rb") as stream:
                            known[stamp.st_ino] = hashlib.sha256(stream.read()).hexdigest() + oct(stamp.st_mode)
                    seen[path] = known[stamp.st_ino]
                else:
                    seen[path] = "directory"
    return seen


def words_of(pid):
    """The command line of a process. While a process is in exec, its command line is empty for a moment, although its
    parent already continues; no event signals the end of that moment, so this polls."""
    while True:
        words = pathlib.Path("/proc", pid, "cmdline").read_bytes()
        if words:
            return words.split(b"\0")
        os.readlink("/proc/%s/exe" % pid)  # OSError: a kernel thread, or the process has ended
        os.sched_yield()


def words_or_none(pid):
    try:
        return words_of(pid)
    except OSError:
        return None  # the process has ended


class EnvstoreTest(unittest.TestCase):
    """A temporary home, store and folder of wheels; `self.server` serves them."""

    server_options = {}

    def setUp(self):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="envstore-e2e-"))
        self.addCleanup(self.remove_home)
        self.store = self.home / "store"
        self.wheels = self.home / "wheels"
        self.work = self.home / "work"
        for folder in (self.wheels, self.work):
            folder.mkdir()
        self.server = IndexServer(self.wheels, **self.server_options)
        self.server.__enter__()
        self.addCleanup(self.server.__exit__, None, None, None)
        self.env = clean_environment(
            HOME=str(self.home),
            ENVSTORE_ROOT=str(self.store),
            UV_DEFAULT_INDEX=self.server.url,
            PATH="/usr/bin:" + os.environ["PATH"],
        )

    def wheel(self, name, version="1.0", **options):
        """A wheel with one module that defines its version, unless `files` is given."""
        options.setdefault("files", {name.replace("-", "_") + ".py": "VERSION = %r\n" % version})
        return make_wheel(self.wheels, name, version, **options)

    def script(self, body, dependencies=None, name="script.py", head=""):
        """Writes a script; without a metadata block if `dependencies` is None."""
        text = ""
        if dependencies is not None:
            listed = "".join("#   %s,\n" % json.dumps(d) for d in dependencies)
            text = "# /// script\n# dependencies = [\n%s# ]\n%s# ///\n" % (listed, head)
        path = self.work / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + body)
        return path

    def envstore(self, *arguments, stdin=None, cwd=None, env=None, program=ENVSTORE):
        return subprocess.run(
            [str(program), *map(str, arguments)],
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=str(cwd or self.work),
            env={**self.env, **(env or {})},
            timeout=TIMEOUT,
        )

    def run_ok(self, *arguments, **options):
        done = self.envstore("run", *arguments, **options)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done

    def run_fails(self, *arguments, code=1, **options):
        done = self.envstore("run", *arguments, **options)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        self.assertIn("error: ", done.stderr)
        return done

    def snapshots(self):
        return sorted(p.stem for p in (self.store / "snapshots").glob("*.json"))

    def wait_for_the_last_start_of(self, killed):
        """A child that the killed process was starting has its command line until exec, which no event signals."""
        words = [os.fsencode(word) for word in killed.args] + [b""]
        while words in [words_or_none(entry) for entry in os.listdir("/proc") if entry.isdigit()]:
            os.sched_yield()

    def remove_home(self):
        self.settle()  # background work makes files and read-only folders
        try:
            remove_tree(self.home)
        except OSError:
            shutil.rmtree(self.home, ignore_errors=True)

    def settle(self):
        """Waits until the background work (`finish-run`) of earlier runs has ended."""
        for entry in os.listdir("/proc"):
            try:
                words = words_or_none(entry) if entry.isdigit() else None
                if not words or b"finish-run" not in words or os.fsencode(self.store) not in words:
                    continue
                pidfd = os.pidfd_open(int(entry))
            except OSError:
                continue  # the process has ended
            select.select([pidfd], [], [])
            os.close(pidfd)

    def wait_for_keepers(self):
        """Waits until no lease is held: a keeper may hold one for a moment after its program has ended."""
        for lease in (self.store / "leases").glob("*"):
            try:
                with open(lease, "r+b") as held:
                    fcntl.lockf(held, fcntl.LOCK_EX)
            except FileNotFoundError:
                pass

    def left_over(self):
        """Incomplete or temporary files in the store once no process works on it any more."""
        self.settle()
        self.wait_for_keepers()
        return [str(p) for folder in ("tmp", "trash", "scratch") for p in (self.store / folder).glob("*")
                if not p.name.startswith("spare-")]

    def frozen(self):
        """The files that no run may ever change."""
        return files_under(self.store, "objects", "trees", "snapshots")


class DefaultIndexTest(EnvstoreTest):
    """Uses the default package index. All tests of a class share one store: what several need is downloaded once."""

    @classmethod
    def setUpClass(cls):
        cls.shared = pathlib.Path(tempfile.mkdtemp(prefix="envstore-e2e-"))
        cls.addClassCleanup(shutil.rmtree, cls.shared, ignore_errors=True)

    def setUp(self):
        super().setUp()
        del self.env["UV_DEFAULT_INDEX"]
        self.store = self.shared / "store"
        self.env["ENVSTORE_ROOT"] = str(self.store)


class OrdinaryUserTest(EnvstoreTest):
    """Runs as a user who is subject to file modes and limits: the current one or, under root, a user id of its own."""

    def setUp(self):
        super().setUp()
        self.user = os.geteuid() or 100_000 + os.getpid()
        if subprocess.run([ENVSTORE, "--version"], env=self.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                          user=self.user).returncode != 0:
            self.skipTest("another user may not start the program where it lies")
        if os.geteuid() == 0:
            os.chmod(self.home, 0o755)
            for folder in (self.home, self.wheels, self.work):
                os.chown(folder, self.user, -1)

    def envstore(self, *arguments, env=None, limit=None, program=ENVSTORE, **_):
        def become():
            os.setuid(self.user)
            if limit is not None:
                limit()
        return subprocess.run([str(program), *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, cwd=str(self.work), env={**self.env, **(env or {})},
                              timeout=TIMEOUT, preexec_fn=become)


if __name__ == "__main__":
    unittest.main()
