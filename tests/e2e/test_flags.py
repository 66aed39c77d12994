"""Flags of uv: honoured, accepted where they change nothing, or refused with what to do instead."""
import os
import sys
import unittest

from settings_world import SettingsTest, SHOW


class Flags(SettingsTest):
    def setUp(self):
        super().setUp()
        self.wheel("demo", "1.0")

    def test_without_a_command_the_help_is_printed(self):
        done = self.envstore()
        self.assertEqual(done.returncode, 0)
        self.assertIn("Usage:", done.stdout)
        self.assertIn("  run ", done.stdout)
        self.assertEqual(self.envstore("-q").returncode, 2)

    def test_flags_of_uv_that_change_nothing_are_accepted(self):
        script = self.script(SHOW, ["demo"])
        for words in (["--exact"], ["--no-sync"], ["--link-mode", "copy"], ["--no-build"], ["--no-progress"], ["--color=never"], ["-C", "a=b"],
                      ["--no-python-downloads"], ["--native-tls"]):
            done = self.run_ok(*words, script)
            self.assertEqual(done.stdout, "1.0\n")
            self.assertNotIn("warning", done.stderr)

    def test_flags_of_uv_that_are_not_supported_are_named_with_what_to_do(self):
        for words in (["--only-group=x"], ["--with-editable", "."], ["--project", "."],
                      ["--python-platform", "linux"], ["--reinstall"], ["--active"]):
            done = self.run_fails(*words, self.script(SHOW, ["demo"]), code=2)
            self.assertIn("'%s'" % words[0].split("=")[0], done.stderr)
            self.assertIn("flag of uv", done.stderr)
            self.assertNotIn("did you mean", done.stderr)
            self.assertIn("hint: ", done.stderr)

    def test_short_flags(self):
        script = self.script(SHOW, [])
        self.assertEqual(self.run_ok("-w", "demo", script).stdout, "1.0\n")
        self.assertEqual(self.run_ok("-wdemo", script).stdout, "1.0\n")

    def test_upgrade_package_takes_the_newest_of_that_one(self):
        self.wheel("leaf", "1.0")
        script = self.script("import demo, leaf; print(demo.VERSION, leaf.VERSION)", ["demo", "leaf"])
        self.run_ok(script)
        for version in ("2.0", "3.0"):
            self.wheel("demo", version), self.wheel("leaf", version)
        self.assertEqual(self.run_ok(script).stdout, "1.0 1.0\n")
        self.assertEqual(self.run_ok("--upgrade-package", "demo<3", script).stdout, "2.0 1.0\n")
        self.assertEqual(self.run_ok(script).stdout, "2.0 1.0\n")
        self.assertEqual(self.run_ok("-P", "leaf", script).stdout, "2.0 3.0\n")
        self.assertEqual(self.run_ok("--refresh-package", "demo", script).stdout, "2.0 3.0\n")
        self.assertEqual(self.run_ok(script).stdout, "2.0 3.0\n")

    def test_no_cache_uses_nothing_and_leaves_nothing(self):
        script = self.script("import sys, demo; print(demo.VERSION); sys.exit(7)", ["demo"])
        temporary = self.home / "temporary"
        temporary.mkdir()
        for words, env in ((["-n"], {}), (["--no-cache"], {}), ([], {"UV_NO_CACHE": "1"})):
            done = self.envstore("run", *words, script, env={"TMPDIR": str(temporary), **env})
            self.assertEqual((done.stdout, done.returncode), ("1.0\n", 7), done.stderr)
            self.assertEqual(os.listdir(temporary), [])
            self.assertFalse(self.store.exists())
        self.assertEqual([r["path"] for r in self.server.log()].count("/files/demo-1.0-py3-none-any.whl"), 3)
        self.run_fails("--no-cache", "--exec", script, code=2)

    def test_directory_is_entered_first_on_every_run(self):
        inner = self.work / "inner" / "inner"
        inner.mkdir(parents=True)
        (self.work / "inner" / "s.py").write_text("import os; print(os.getcwd())")
        for words, env in ((["--directory", "inner"], {}), ([], {"UV_WORKING_DIR": "inner"}), ([], {"UV_WORKING_DIRECTORY": "inner"})):
            for refresh in ([], [], ["--refresh"]):
                done = self.run_ok(*refresh, *words, "s.py", env=env)
                self.assertEqual(done.stdout.strip(), os.path.realpath(self.work / "inner"))
        self.assertIn("nowhere", self.run_fails("--directory", "nowhere", "s.py").stderr)

    def test_a_preference_of_pythons(self):
        real = os.path.realpath(sys.executable)
        managed = self.home / "managed" / ("cpython-%d.%d.0-linux-x86_64-gnu" % sys.version_info[:2])
        (managed / "bin").mkdir(parents=True)
        (managed / "bin" / "python3").symlink_to(real)
        script = self.script("print(1)", [])
        env = {"UV_PYTHON_INSTALL_DIR": str(self.home / "managed")}
        # The link leads out of uv's folder, so its target counts as a system interpreter.
        self.run_ok(script, env=env)
        for words, more in ((["--managed-python"], {}), (["--python-preference", "only-managed"], {}), ([], {"UV_MANAGED_PYTHON": "1"}),
                            ([], {"UV_PYTHON_PREFERENCE": "only-managed"})):
            done = self.run_fails(*words, script, env={**env, **more})
            self.assertIn("only-managed", done.stderr)
        for words in (["--no-managed-python"], ["--python-preference", "system"], ["--python-preference", "managed"],
                      ["--python-preference", "only-system"]):
            self.assertEqual(self.run_ok(*words, script, env=env).stdout, "1\n")
        self.run_fails("--python-preference", "any", script, env=env, code=2)


if __name__ == "__main__":
    unittest.main()
