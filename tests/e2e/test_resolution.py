#!/usr/bin/env python3
"""Which versions a run gets, how much is downloaded to find them, and the messages when there are none."""
import select
import subprocess
import time
import unittest

from support import ENVSTORE, TIMEOUT, EnvstoreTest

SCREEN = 24  # lines


class Resolution(EnvstoreTest):
    def version_of(self, name, *arguments):
        done = self.run_ok(*arguments, "python", "-c",
                           "import importlib.metadata as m; print(m.version(%r))" % name)
        return done.stdout.strip(), done.stderr

    def refused(self, *requirements):
        flags = [word for requirement in requirements for word in ("--with", requirement)]
        return self.run_fails(*flags, "python", "-c", "1").stderr

    def assert_said_once(self, stderr):
        hints = [line for line in stderr.splitlines() if line.startswith("hint: ")]
        self.assertEqual(len(hints), len(set(hints)), stderr)
        self.assertLessEqual(len(stderr.splitlines()), SCREEN, stderr)

    def downloads(self):
        return [e["path"] for e in self.server.log() if e["path"].endswith(".whl")]


class Prereleases(Resolution):
    def test_a_prerelease_that_only_a_dependency_needs_is_taken(self):
        self.wheel("base", "1.0")
        self.wheel("base", "2.0b1")
        self.wheel("app", "1.0", requires=["base"])
        self.wheel("app", "2.0", requires=["base>=2.0b1"])
        self.assertEqual(self.version_of("app", "--with", "app")[0], "2.0")
        self.assertEqual(self.version_of("base", "--with", "app")[0], "2.0b1")

    def test_a_final_release_comes_first(self):
        self.wheel("base", "1.0")
        self.wheel("base", "2.0b1")
        self.assertEqual(self.version_of("base", "--with", "base>=0.9b1")[0], "1.0")

    def test_the_versions_that_exist_instead_are_named(self):
        self.wheel("base", "2.0a1")
        self.assertIn("only base 2.0a1 (a prerelease) is available", self.refused("base>=3"))


class Markers(Resolution):
    def test_texts_in_markers_have_no_order(self):
        for name in ("less", "equal"):
            self.wheel(name)
        self.wheel("app", requires=["less; sys_platform > 'aix'", "equal; sys_platform >= 'linux'"])
        done = self.run_ok("--with", "app", "python", "-c",
                           "import importlib.util as u; print([bool(u.find_spec(n)) for n in ('less', 'equal')])")
        self.assertEqual(done.stdout.strip(), "[False, True]")


class Refused(Resolution):
    server_options = {"format": "json"}  # has sizes, which allow wheels to be prefetched before resolution ends

    def test_requirements_that_exclude_each_other_download_no_wheel(self):
        self.wheel("base", "1.0")
        self.wheel("base", "2.0")
        self.wheel("other", "1.0")
        self.wheel("app", "1.0", requires=["base==2.0", "other"])
        self.assertIn("base", self.refused("base==1.0", "app"))
        self.assertEqual(self.downloads(), [])

    def test_versions_that_each_pin_what_is_not_there_download_no_wheel(self):
        for number in range(1, 41):
            self.wheel("app", "%d.0" % number, requires=["base==%d.0" % (100 + number)])
        self.wheel("base", "1.0")
        self.assert_said_once(self.refused("app"))
        self.assertEqual(self.downloads(), [])

    def test_a_project_that_is_not_there_ends_the_downloads(self):
        self.wheel("app", "1.0", requires=["nowhere"])
        self.assertIn("nowhere", self.refused("app"))
        self.assertEqual(self.downloads(), [])

    def test_many_unusable_versions_fit_on_a_screen_and_verbose_has_all(self):
        for number in range(1, 41):
            self.wheel("app", "%d.0" % number, requires=["base%d>2" % number])
            self.wheel("base%d" % number, "1.0")
        short = self.refused("app")
        self.assert_said_once(short)
        whole = self.envstore("run", "-v", "--with", "app", "python", "-c", "1").stderr
        self.assertGreater(len(whole), len(short))


class Metadata(Resolution):
    def test_while_versions_are_tried_in_vain_metadata_of_several_is_requested_at_once(self):
        for number in range(1, 61):
            self.wheel("app", "%d.0" % number, requires=["base==%d.0" % (100 + number)])
        self.wheel("base", "1.0")
        self.server.set(metadata=True)
        path = "/files/app-%d.0-py3-none-any.whl.metadata"
        self.server.rule(path % 50, hold=True)
        run = subprocess.Popen([ENVSTORE, "run", "--with", "app", "python", "-c", "1"], cwd=str(self.work),
                               env=self.env, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.assertTrue(self.server.wait_until_held(TIMEOUT))
        bound = time.monotonic() + 60
        while self.server.count(path % 46) == 0 and time.monotonic() < bound:
            select.select([], [], [], 0.01)
        asked = self.server.count(path % 46)
        self.server.release()
        run.communicate(timeout=TIMEOUT)
        self.assertEqual(asked, 1, "one request waits for the other")


class Unusual(Resolution):
    def test_an_extra_that_does_not_exist_is_warned_of(self):
        self.wheel("app", extras={"socks": []})
        version, said = self.version_of("app", "--with", "app[sock]")
        self.assertEqual(version, "1.0")
        self.assertIn("warning: app 1.0 has no extra 'sock'; did you mean 'socks'?", said)

    def test_a_broken_wheel_is_not_replaced_by_an_older_version(self):
        self.wheel("app", "1.0")
        (self.wheels / "app-2.0-py3-none-any.whl").write_bytes(b"no archive")
        self.server.set(metadata=False)
        said = self.refused("app")
        self.assertIn("app 2.0", said)
        self.assertIn("require app!=2.0", said)
        self.assertEqual(self.version_of("app", "--with", "app!=2.0")[0], "1.0")
        self.assertEqual(self.version_of("app", "--with", "app<2")[0], "1.0")

    def test_a_broken_wheel_that_would_not_be_chosen_is_no_error(self):
        (self.wheels / "app-1.0-py3-none-any.whl").write_bytes(b"no archive")
        self.wheel("app", "2.0")
        self.server.set(metadata=False)
        self.assertEqual(self.version_of("app", "--with", "app")[0], "2.0")


class Python(Resolution):
    def test_a_version_without_an_operator_is_an_error_that_suggests_both_readings(self):
        script = self.script("", [], head='# requires-python = "3.11"\n')
        said = self.envstore("run", script).stderr
        self.assertIn(">=3.11", said)
        self.assertIn("==3.11.*", said)

    def test_a_python_that_is_not_found_fits_on_a_screen(self):
        folder = self.home / "pythons"
        folder.mkdir()
        for number in range(8, 21):
            fake = folder / ("python3.%d" % number)
            fake.write_text("#!/bin/sh\nfor i in $(seq 100); do echo line $i >&2; done\nexit 1\n")
            fake.chmod(0o755)
        self.env["PATH"] = "%s:%s" % (folder, self.env["PATH"])
        said = self.envstore("run", "--python", ">=3.99", "python", "-c", "1").stderr
        self.assertIn("cannot find", said)
        self.assertLessEqual(len(said.splitlines()), SCREEN, said)


if __name__ == "__main__":
    unittest.main()
