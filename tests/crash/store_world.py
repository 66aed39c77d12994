"""Shared by the crash tests: wheels, scripts, a store that can be saved and restored, the driver and the checker."""
import json
import os
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from support import ENVSTORE, clean_environment, make_wheel  # noqa: E402

CHECKER = os.environ["ENVSTORE_CHECK_STORE"]
DRIVER = os.environ.get("ENVSTORE_CRASH_DRIVER")
LONG = os.environ.get("ENVSTORE_TEST_LONG") == "1"
SEED = int(os.environ.get("ENVSTORE_TEST_SEED", "4"))
TIMEOUT = 300  # seconds; an upper bound, not a delay


def quick_folder():
    """/dev/shm if it has enough space: the effects of a kill do not depend on the disk, and syncs are free there."""
    memory = pathlib.Path("/dev/shm")
    if memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 1 << 30:
        return str(memory)
    return None


def make_wheels(folder):
    """Distributions that together use every way in which a file can be laid out."""
    shared = "SHARED = %r\n" % ("the same bytes in several trees " * 20)
    make_wheel(folder, "alpha", "1.0", requires=["beta"], files={
        "alpha/__init__.py": "", "alpha/late.py": "VALUE = 'alpha'\n", "alpha/deep/er/__init__.py": shared,
        "alpha/big.bin": b"".join(i.to_bytes(4, "little") for i in range(50_000))},
        entry_points={"console_scripts": {"alpha": "alpha.late:main"}})
    make_wheel(folder, "beta", "1.0", files={
        "beta.py": "VALUE = 'beta'\n", "shared_space/beta/part.py": shared},
        data={"data/share/beta/readme": "read me\n", "data/etc/beta.conf": "may = change\n"})
    make_wheel(folder, "gamma", "1.0", files={
        "gamma.py": "VALUE = 'gamma'\n", "shared_space/gamma/part.py": shared, "gamma_data/empty": ""},
        scripts={"gamma-script": "#!python\nprint('gamma')\n"})
    make_wheel(folder, "delta", "1.0", files={"delta/__init__.py": "VALUE = 'delta'\n", "delta/late.py": "import gamma\n"})


def has_command(name):
    return subprocess.run([ENVSTORE, name, "--help"], stdin=subprocess.DEVNULL, capture_output=True).returncode == 0


def script_text(imports, dependencies):
    listed = "".join("#   %s,\n" % json.dumps(name) for name in dependencies)
    return "# /// script\n# dependencies = [\n%s# ]\n# ///\nimport %s\nprint('ok')\n" % (listed, ", ".join(imports))


class World:
    """A folder with wheels, two scripts and the path of a store. Each worker has its own."""

    def __init__(self, home, store=None):
        self.home = pathlib.Path(home)
        self.store = pathlib.Path(store) if store else self.home / "store"
        self.wheels = self.home / "wheels"
        self.wheels.mkdir(parents=True)
        make_wheels(self.wheels)
        self.script = self.home / "script.py"
        self.script.write_text(script_text(["alpha.late", "alpha.deep.er", "beta", "shared_space.beta.part"], ["alpha"]))
        self.other = self.home / "other.py"
        self.other.write_text(script_text(["gamma", "delta.late", "beta", "shared_space.gamma.part"],
                                          ["beta", "gamma", "delta"]))
        self.env = clean_environment(HOME=str(self.home), ENVSTORE_ROOT=str(self.store),
                                     PATH="/usr/bin:" + os.environ["PATH"])

    def run_words(self, script, *options):
        return [ENVSTORE, "run", "--no-index", "--find-links", str(self.wheels), *options, str(script)]

    def call(self, words, env=None):
        return subprocess.run([str(word) for word in words], env={**self.env, **(env or {})}, cwd=self.home, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=TIMEOUT)

    def drive(self, options, words):
        """Runs a command under the driver until all its descendants have ended. Returns the report with the output."""
        report = self.home / "report.json"
        done = self.call([DRIVER, "--report", report, *options, "--", *words])
        if done.returncode != 0:
            raise AssertionError("the driver failed: " + done.stderr)
        return {**json.loads(report.read_text()), "out": done.stdout, "err": done.stderr}

    def whole(self, words):
        """Like `drive`, without injecting anything."""
        return self.drive(["--select", "changes"], words)

    def check(self, *options):
        """Returns the checker's findings (empty if the store is sound) and the `durable` lines that it lists."""
        done = self.call([CHECKER, "--list", *options, self.store])
        lines = done.stdout.splitlines()
        durable = {line for line in lines if line.startswith("durable ")}
        if done.returncode == 0:
            return [], durable
        return [line for line in lines if line not in durable] + [done.stderr, "exit %d" % done.returncode], durable

    def clear(self):
        remove_store(self.store)

    def keep_as(self, name):
        """Saves a copy of the store for `restore`."""
        self.copy(self.store, self.home / name)

    def restore(self, name):
        self.clear()
        self.copy(self.home / name, self.store)

    @staticmethod
    def copy(source, target):
        subprocess.run(["cp", "-a", "--reflink=auto", str(source), str(target)], check=True)


def remove_store(path):
    """Removes a store or a directory of it. Its directories are read-only, so only root can do so without chmod."""
    if os.geteuid() != 0 and path.exists():
        subprocess.run(["chmod", "-R", "u+w", str(path)], check=True)
    shutil.rmtree(path, ignore_errors=True)
