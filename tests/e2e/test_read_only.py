"""A store on a read-only mount: existing environments run, and everything else prints what to do."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import unittest

from support import ENVSTORE, EnvstoreTest, TIMEOUT

BIND = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"'


def ways():
    """Ways to start a command with one directory read-only, without privileges."""
    yield lambda directory: ["unshare", "--map-root-user", "--mount", "sh", "-c", BIND, directory]
    yield lambda directory: ["bwrap", "--die-with-parent", "--dev-bind", "/", "/", "--ro-bind", directory, directory,
                             "--"]


def works(way, directory):
    words = way(str(directory))
    probe = ["sh", "-c", 'test -r "$0" && ! touch "$0/probe" 2>/dev/null', str(directory)]
    return shutil.which(words[0]) is not None and subprocess.run(
        words + probe, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=TIMEOUT).returncode == 0


class ReadOnlyStore(EnvstoreTest):
    def setUp(self):
        super().setUp()
        self.runtime = self.home / "runtime"
        self.runtime.mkdir(mode=0o700)
        self.env["XDG_RUNTIME_DIR"] = str(self.runtime)
        self.way = next((way for way in ways() if works(way, self.wheels)), None)
        if self.way is None:
            self.skipTest("neither unshare nor bwrap can make a read-only mount here")

    def read_only(self, *arguments, env=None):
        self.settle()
        return subprocess.run(self.way(str(self.store)) + [ENVSTORE, *map(str, arguments)], text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              cwd=str(self.work), env={**self.env, **(env or {})}, timeout=TIMEOUT)

    def read_only_ok(self, *arguments, **options):
        done = self.read_only(*arguments, **options)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done

    def left_outside(self):
        return os.listdir(self.runtime)

    def everything(self):
        return {str(path): path.lstat().st_mtime_ns for path in self.store.rglob("*")}

    def test_a_known_script_runs_from_a_directory_of_its_own_outside_and_changes_nothing(self):
        self.wheel("demo", entry_points={"console_scripts": {"demo": "demo:main"}},
                   files={"demo.py": "def main():\n    print('the command')\n"})
        script = self.script(
            "import demo, os, subprocess, sys\n"
            "print(sys.prefix, oct(os.stat(os.path.dirname(sys.prefix)).st_mode & 0o777), flush=True)\n"
            "open(os.path.join(sys.prefix, 'lib', 'own'), 'w').close()\n"
            "subprocess.run(['demo'], check=True)\n", ["demo"])
        self.run_ok(script)
        self.settle()
        before = self.everything()
        done = self.read_only_ok("run", script)
        prefix, mode, rest = done.stdout.split(maxsplit=2)
        self.assertEqual(pathlib.Path(prefix).parents[1], self.runtime)
        self.assertEqual((mode, rest), ("0o700", "the command\n"))
        self.assertEqual(done.stderr, "")
        self.assertEqual(self.left_outside(), [])
        self.assertEqual(self.everything(), before)

    def test_the_command_line_that_was_never_used_before_finds_the_environment_that_is_there(self):
        self.wheel("demo")
        script = self.script("import demo; print(demo.VERSION)", ["demo"])
        self.run_ok(script)
        (self.home / "bin").mkdir()
        elsewhere = {"PATH": str(self.home / "bin") + ":" + self.env["PATH"]}  # another PATH is another run cache entry
        self.assertEqual(self.read_only_ok("run", script, env=elsewhere).stdout, "1.0\n")
        self.assertEqual(self.read_only_ok("run", "python", "-c", "print(2)", env=elsewhere).stdout, "2\n")
        self.assertEqual(self.left_outside(), [])

    def test_a_run_inside_a_run_finds_the_same_environment(self):
        self.wheel("demo")
        inner = self.script("import demo; print(demo.VERSION)", ["demo"], name="inner.py")
        outer = self.script("import subprocess, sys\nsubprocess.run(sys.argv[1:], check=True)\n", [])
        self.run_ok(inner), self.run_ok(outer, "true")
        words = [outer, ENVSTORE, "run", "--verbose", inner]
        done = self.read_only_ok("run", *words)
        self.assertEqual(done.stdout, "1.0\n")
        self.assertIn("from the run cache", done.stderr)
        self.assertEqual(self.left_outside(), [])

    def test_what_would_have_to_be_made_is_refused_with_a_hint_and_without_a_request(self):
        self.wheel("demo")
        self.run_ok(self.script("import demo", ["demo"]))
        asked = len(self.server.requests())
        for words, reason in (((self.script("import other", ["other"], name="other.py"),), "does not have it"),
                              (("--with", "other", "python"), "does not have it"),
                              (("--refresh", self.work / "script.py"), "asked again"),
                              (("--upgrade", self.work / "script.py"), "asked again"),
                              (("--layout", "forest", self.work / "script.py"), "lay out")):
            done = self.read_only("run", *words)
            self.assertEqual((done.returncode, done.stdout), (1, ""), words)
            self.assertIn("'%s' is read-only" % self.store, done.stderr)
            self.assertIn(reason, done.stderr)
            self.assertIn("--store DIRECTORY, or ENVSTORE_ROOT", done.stderr)
        self.assertEqual(len(self.server.requests()), asked)
        self.assertEqual(self.left_outside(), [])

    def test_that_nothing_is_compiled_is_reported(self):
        self.wheel("demo")
        script = self.script("import demo; print(demo.VERSION)", ["demo"])
        self.run_ok(script)
        done = self.read_only_ok("run", "--compile-bytecode", script)
        self.assertEqual(done.stdout, "1.0\n")
        self.assertIn("nothing is compiled: the store is read-only", done.stderr)

    def test_what_a_killed_run_left_goes_with_the_next_one_and_not_before_its_program_ends(self):
        script = self.script("import sys\nprint('started', flush=True)\n"
                             "if len(sys.argv) > 1: open(sys.argv[1]).read()\n", [])
        self.run_ok(script)
        self.settle()
        go = self.work / "go"
        os.mkfifo(go)
        run = subprocess.Popen(self.way(str(self.store)) + [ENVSTORE, "run", str(script), str(go)], env=self.env,
                               stdout=subprocess.PIPE, text=True)
        self.addCleanup(run.stdout.close)
        self.assertEqual(run.stdout.readline(), "started\n")
        run.kill()  # kills the supervisor: the commands before it replaced themselves by exec
        self.assertEqual(run.wait(), -signal.SIGKILL)
        self.read_only_ok("run", script)
        self.assertEqual(len(self.left_outside()), 1)
        go.write_text("")
        self.assertEqual(run.stdout.read(), "")  # the program has ended
        self.read_only_ok("run", script)
        self.assertEqual(self.left_outside(), [])

    def test_without_a_runtime_directory_it_runs_in_tmp(self):
        script = self.script("import sys; print(sys.prefix)", [])
        self.run_ok(script)
        prefix = self.read_only_ok("run", script, env={"XDG_RUNTIME_DIR": ""}).stdout.strip()
        self.assertRegex(prefix, "^/tmp/envstore-[0-9a-f]{32}/")
        self.assertFalse(os.path.exists(prefix))

    def test_doctor_reports_a_read_only_store_and_its_consequences(self):
        self.run_ok(self.script("", []))
        done = self.read_only_ok("doctor", "--json", "--offline")
        findings = {finding["what"]: finding for finding in json.loads(done.stdout)}
        note = findings["read-only: '%s'" % self.store]
        self.assertEqual(note["verdict"], "note")
        self.assertIn("--store DIRECTORY, or ENVSTORE_ROOT", note["advice"])
        self.assertIn("directories of runs: in '%s'" % self.runtime, findings)
        self.assertEqual(self.left_outside(), [])

    def test_a_read_only_directory_that_is_no_store_is_refused_with_what_to_do(self):
        self.store.mkdir()
        done = self.read_only("run", "python")
        self.assertEqual(done.returncode, 1)
        self.assertIn("it is no store, and read-only", done.stderr)
        self.assertIn("--store DIRECTORY, or ENVSTORE_ROOT", done.stderr)


if __name__ == "__main__":
    unittest.main()
