"""A demanding user: nested runs, signals while an environment is made, terminals, hints in error messages."""
import os
import pty
import signal
import subprocess
import unittest

from support import ENVSTORE, EnvstoreTest, TIMEOUT, make_wheel


class NestedRuns(EnvstoreTest):
    def test_an_inner_run_is_independent_of_the_outer_one_and_cached(self):
        self.wheel("above", entry_points={"console_scripts": {"above-tool": "above:main"}})
        self.wheel("below")
        inner = self.script(
            "import os, below\n"
            "try:\n    import above\nexcept ImportError:\n    print('alone', os.environ['PATH'].count('/scratch/'))\n",
            ["below"], name="inner.py")
        outer = self.script(
            "import subprocess, sys\nsys.exit(subprocess.call(%r))\n" % [ENVSTORE, "run", "-v", str(inner)],
            ["above"], name="outer.py")
        self.run_ok(inner)
        for _ in range(2):
            done = self.run_ok(outer)
            self.assertEqual(done.stdout, "alone 1\n")
            self.assertIn("from the run cache", done.stderr)


class Interpreter(EnvstoreTest):
    def test_a_relative_python_is_taken_from_where_one_stands(self):
        for folder in ("a", "b"):
            (self.work / folder).mkdir()
        (self.work / "a" / "py").symlink_to("/usr/bin/python3")
        self.assertEqual(self.run_ok("--python", "./py", "python", "-c", "print(1)", cwd=self.work / "a").stdout, "1\n")
        done = self.run_fails("--python", "./py", "python", "-c", "print(1)", cwd=self.work / "b")
        self.assertIn("work/b/py", done.stderr)

    def test_a_relative_python_in_a_version_file_is_taken_from_the_file(self):
        (self.work / "py").symlink_to("/usr/bin/python3")
        (self.work / ".python-version").write_text("./py\n")
        (self.work / "below").mkdir()
        self.assertEqual(self.run_ok("python", "-c", "print(1)", cwd=self.work / "below").stdout, "1\n")

    def test_variables_of_version_managers_are_read_again(self):
        self.run_ok("python", "-c", "")
        self.assertIn("from the run cache", self.run_ok("-v", "python", "-c", "").stderr)
        for name in ("PYENV_VERSION", "PYENV_ROOT", "UV_PYTHON_INSTALL_DIR", "XDG_DATA_HOME"):
            done = self.run_ok("-v", "python", "-c", "", env={name: str(self.home / "elsewhere")})
            self.assertIn("decided: in this run", done.stderr, name)

    def test_pages_are_requested_ahead_once_however_many_interpreters_are_probed(self):
        self.wheel("demo")
        self.server.set(cache_control="no-cache")  # a second request would not be answered from the store
        self.server.rule("/simple/demo/", times=1, hold=True)
        folder = self.work / "bin"
        folder.mkdir()
        os.mkfifo(self.work / "asked")
        unusable = folder / "python3"  # is probed first, and ends when the page has been requested
        unusable.write_text("#!/bin/sh\nread word < '%s'\nexit 3\n" % (self.work / "asked"))
        unusable.chmod(0o755)
        script = self.script("import demo", ["demo"])
        run = subprocess.Popen([ENVSTORE, "run", str(script)], env={**self.env, "PATH": "%s:/usr/bin:/bin" % folder},
                               cwd=str(self.work), stderr=subprocess.PIPE, text=True)
        self.assertTrue(self.server.wait_until_held(TIMEOUT))
        (self.work / "asked").write_text("yes\n")
        self.server.release()
        error = run.communicate(timeout=TIMEOUT)[1]
        self.assertEqual(run.returncode, 0, error)
        self.assertEqual(self.server.count("/simple/demo/"), 1)

    def test_a_name_that_is_not_on_path(self):
        self.assertIn("PATH has no executable of that name", self.run_fails("--python", "nope", "python").stderr)


class Hints(EnvstoreTest):
    def hint(self, *requirements, flags=()):
        done = self.run_fails(*flags, *[w for r in requirements for w in ("--with", r)], "python", "-c", "")
        return done.stderr

    def test_a_prerelease_that_comes_before_the_wanted_release(self):
        self.wheel("pre", "1.0"), self.wheel("pre", "2.0rc1")
        self.wheel("needs-pre", requires=["pre>=2"])
        for mode in ("disallow", "allow", "if-necessary", "explicit", "if-necessary-or-explicit"):
            self.assertIn("pre>=2.0rc1 would take it", self.hint("pre>=2", flags=("--prerelease", mode)), mode)
        self.assertIn("would take it as an override", self.hint("needs-pre"))

    def test_a_source_distribution_alone_names_the_package_and_the_reason(self):
        (self.wheels / "demo-1.0.tar.gz").write_bytes(b"x")
        text = self.hint("demo", flags=("--no-build",))
        self.assertIn("demo 1.0 has no wheel that fits this interpreter (a source distribution only)", text)
        self.assertIn("--no-build", text)

    def test_a_wheel_for_another_python_names_it(self):
        self.wheel("demo", tag="cp312-cp312-manylinux_2_17_x86_64.manylinux_2_17_aarch64")
        self.assertIn("--python 3.12", self.hint("demo", flags=("--python", "/usr/bin/python3")))

    def test_a_wheel_for_another_platform_promises_no_python(self):
        self.wheel("demo", tag="cp312-cp312-win_amd64")
        text = self.hint("demo")
        self.assertIn("published for Windows only", text)
        self.assertNotIn("--python", text)

    def test_no_index_is_the_reason_where_it_is(self):
        self.wheel("demo")
        self.assertIn("without --no-index it may be found", self.hint("demo", flags=("--no-index",)))

    def test_a_folder_that_was_mistyped_is_no_empty_index(self):
        self.wheel("demo")
        self.assertIn("nowhere': it does not exist", self.hint("demo", flags=("--index", "./nowhere")))

    def test_warnings_about_a_wheel_are_printed(self):
        make_wheel(self.wheels, "demo", "1.0", files={"demo.py": ""}, hostile="newer_wheel_version")
        self.assertIn("warning: ", self.run_ok("--with", "demo", "python", "-c", "import demo").stderr)


class CommandLine(EnvstoreTest):
    def test_a_mistyped_version_flag(self):
        done = self.envstore("--verison")
        self.assertEqual(done.returncode, 2)
        self.assertIn("did you mean '--version'?", done.stderr)

    def test_a_folder_without_a_main_is_an_error(self):
        self.assertIn("has no __main__.py", self.run_fails(str(self.work), code=2).stderr)

    def test_a_script_by_url_is_an_error_with_a_hint(self):
        self.assertIn("| envstore run -", self.run_fails("https://host.example/script.py").stderr)


class Interrupted(EnvstoreTest):
    server_options = {"format": "html"}

    def begin(self, hold):
        """Starts a run in a terminal and waits until the package index holds its request for the path `hold`."""
        self.wheel("demo", files={"demo.py": "X = 1\n", "data.bin": bytes(300000)})
        self.server.rule(hold, times=1, hold=True)
        self.terminal, theirs = pty.openpty()
        process = subprocess.Popen([ENVSTORE, "run", "--with", "demo", "python", "-c", ""], env=self.env,
                                   stdin=theirs, stdout=theirs, stderr=theirs, cwd=self.work,
                                   preexec_fn=lambda: (os.setsid(), __import__("fcntl").ioctl(0, 0x540E, 0)))
        os.close(theirs)
        self.addCleanup(os.close, self.terminal)
        self.assertTrue(self.server.wait_until_held(TIMEOUT))
        return process

    def read_until(self, text):
        seen = b""
        while text not in seen:
            seen += os.read(self.terminal, 4096)
        return seen

    def check_nothing_is_left(self):
        for folder in ("tmp", "leases", "scratch"):
            self.assertEqual(os.listdir(self.store / folder), [], folder)
        self.server.release()
        self.run_ok("--with", "demo", "python", "-c", "import demo")

    def test_control_c_while_downloading_leaves_nothing_and_exits_130(self):
        process = self.begin("/files/demo-1.0-py3-none-any.whl")
        os.write(self.terminal, b"\x03")
        self.assertEqual(process.wait(TIMEOUT), 130)
        self.check_nothing_is_left()

    def test_a_termination_while_resolving_exits_143(self):
        process = self.begin("/simple/demo/")
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(TIMEOUT), 143)
        self.check_nothing_is_left()

    def test_progress_prints_no_size_that_is_unknown(self):
        self.wheel("demo", files={"data.bin": os.urandom(400000)})
        self.server.rule("/files/demo-1.0-py3-none-any.whl", rate=800000)
        ours, theirs = pty.openpty()
        process = subprocess.Popen([ENVSTORE, "run", "--with", "demo", "python", "-c", "print('END')"], env=self.env,
                                   stdin=theirs, stdout=theirs, stderr=theirs, cwd=self.work)
        os.close(theirs)
        self.terminal = ours
        seen = self.read_until(b"END")
        self.assertEqual(process.wait(TIMEOUT), 0)
        os.close(ours)
        self.assertIn(b"Downloading 1 of 1", seen)
        self.assertNotIn(b"of 0 B", seen)


if __name__ == "__main__":
    unittest.main()
