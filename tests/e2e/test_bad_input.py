"""Every kind of bad input gives a clear error and a non-zero exit code, and leaves the store unchanged."""
import os
import shutil
import subprocess
import unittest

from support import ENVSTORE, EnvstoreTest, TIMEOUT, files_under, make_wheel
from make_wheel import HARMLESS, HOSTILE  # support adds the folder to sys.path

class Metadata(EnvstoreTest):
    def test_a_malformed_block_is_named_with_line_and_column(self):
        script = self.work / "bad.py"
        script.write_text("# /// script\n# dependencies = [\n#   'demo',,\n# ]\n# ///\n")
        done = self.run_fails(script)
        self.assertRegex(done.stderr, r"bad\.py.*line 3, column \d+")

    def test_two_blocks(self):
        script = self.work / "two.py"
        script.write_text("# /// script\n# dependencies = []\n# ///\n\n# /// script\n# dependencies = []\n# ///\n")
        self.assertIn("two script blocks", self.run_fails(script).stderr)

    def test_a_block_that_is_not_closed(self):
        script = self.work / "open.py"
        script.write_text("# /// script\n# dependencies = []\nimport sys\n")
        self.assertIn("not closed", self.run_fails(script).stderr)

    def test_a_requirement_that_is_none(self):
        self.assertIn("not a requirement", self.run_fails(self.script("", ["demo=1"])).stderr)


class Resolution(EnvstoreTest):
    def test_an_unsatisfiable_set_is_explained(self):
        self.wheel("leaf", "1.0"), self.wheel("leaf", "2.0")
        self.wheel("a", requires=["leaf<2"]), self.wheel("b", requires=["leaf>=2"])
        done = self.run_fails(self.script("", ["a", "b"]))
        for word in ("a", "b", "leaf"):
            self.assertIn(word, done.stderr)
        self.assertEqual(self.snapshots(), [])

    def test_a_missing_package_is_reported_with_the_indexes_that_were_searched(self):
        done = self.run_fails(self.script("", ["no-such-thing"]))
        self.assertIn("no-such-thing", done.stderr)
        self.assertIn("127.0.0.1", done.stderr)

    def test_no_matching_wheel(self):
        self.wheel("demo", tag="cp27-cp27m-win32")
        done = self.run_fails(self.script("", ["demo"]))
        self.assertIn("cp27-cp27m-win32", done.stderr)

    def test_a_source_distribution_that_is_no_archive_is_named(self):
        (self.wheels / "demo-1.0.tar.gz").write_bytes(b"x")
        done = self.run_fails(self.script("", ["demo"]))
        self.assertIn("demo-1.0.tar.gz", done.stderr)

    def test_a_version_for_another_python(self):
        self.wheel("demo", requires_python=">=3.99")
        self.assertIn(">=3.99", self.run_fails(self.script("", ["demo"])).stderr)


class HostileWheels(EnvstoreTest):
    def check(self, kind):
        self.wheel("good")
        self.run_ok(self.script("import good", ["good"], name="good.py"))
        self.settle()
        before = files_under(self.store, "trees", "snapshots", "tmp", "scratch", "leases")
        make_wheel(self.wheels, "demo", "1.0", files={"demo.py": "X = 1\n"}, hostile=kind)
        done = self.run_fails(self.script("import demo", ["demo"]))
        self.assertIn("demo", done.stderr)
        self.assertEqual(files_under(self.store, "trees", "snapshots", "tmp", "scratch", "leases"), before)
        self.assertEqual(list(self.home.rglob("evil*")), [])


for _kind in sorted(set(HOSTILE) - HARMLESS):
    setattr(HostileWheels, "test_%s_is_refused_and_leaves_nothing" % _kind, lambda self, kind=_kind: self.check(kind))


class Index(EnvstoreTest):
    def answer(self, status, **options):
        self.wheel("demo")
        self.server.set_status("/simple/demo/", status, **options)
        return self.run_fails(self.script("", ["demo"]))

    def test_401_has_a_hint_about_credentials(self):
        done = self.answer(401)
        self.assertRegex(done.stderr, "credentials|netrc")

    def test_403(self):
        self.assertIn("403", self.answer(403).stderr)

    def test_404(self):
        self.assertIn("demo", self.answer(404).stderr)

    def test_500_is_tried_again_and_then_named(self):
        self.assertIn("500", self.answer(500).stderr)
        self.assertGreater(len([r for r in self.server.requests() if r["path"] == "/simple/demo/"]), 1)

    def test_500_that_passes_is_no_error(self):
        self.wheel("demo")
        self.server.set_status("/simple/demo/", 500, times=2)
        self.run_ok(self.script("import demo", ["demo"]))

    def test_html_garbage_is_an_empty_page(self):
        self.wheel("demo")
        self.server.set_behaviour("garbage", True)
        self.run_fails(self.script("", ["demo"]))

    def test_a_redirect_loop(self):
        self.wheel("demo")
        self.server.set_behaviour("redirect_loop", True)
        self.assertIn("redirect", self.run_fails(self.script("", ["demo"])).stderr)

    def test_a_wrong_hash(self):
        self.wheel("demo")
        self.server.set_behaviour("wrong_hash", True)
        self.assertRegex(self.run_fails(self.script("", ["demo"])).stderr, "SHA-256|sha256|hash")
        self.assertEqual(self.snapshots(), [])

    def test_a_truncated_download(self):
        self.wheel("demo", files={"demo.py": "X = %r\n" % ("y" * 100000)})
        self.server.set_behaviour("truncate", True)
        self.run_fails(self.script("", ["demo"]))
        self.assertEqual(self.snapshots(), [])

    def test_a_refused_connection(self):
        done = self.run_fails(self.script("", ["demo"]), env={"UV_DEFAULT_INDEX": "http://127.0.0.1:9/simple"})
        self.assertIn("127.0.0.1:9", done.stderr)

    def test_credentials_are_sent_to_their_origin_and_never_shown(self):
        self.wheel("demo")
        self.server.set_behaviour("auth", ["me", "secret-word"])
        url = self.server.url.replace("http://", "http://me:secret-word@")
        self.run_ok("-v", self.script("import demo", ["demo"]), env={"UV_DEFAULT_INDEX": url})
        wrong = self.server.url.replace("http://", "http://me:other-secret@")
        done = self.run_fails("-v", "--refresh", self.work / "script.py", env={"UV_DEFAULT_INDEX": wrong})
        self.assertNotIn("other-secret", done.stderr + done.stdout)


class Surroundings(EnvstoreTest):
    def test_a_script_that_does_not_exist(self):
        self.assertIn("missing.py", self.run_fails("missing.py").stderr)

    def test_an_unknown_flag_is_an_error_that_suggests_the_nearest_one(self):
        done = self.run_fails("--wiht", "demo", "x.py", code=2)
        self.assertIn("--with", done.stderr)

    def test_an_unknown_command_is_an_error_that_suggests_the_nearest_one(self):
        done = self.envstore("rnu")
        self.assertEqual(done.returncode, 2)
        self.assertIn("run", done.stderr)

    def test_an_interpreter_that_is_missing(self):
        self.assertIn("no-such-python", self.run_fails("--python", "/usr/bin/no-such-python", self.script("")).stderr)

    def test_an_interpreter_that_was_removed_since(self):
        self.wheel("demo")
        copy = self.home / "bin" / "python3"
        copy.parent.mkdir()
        copy.symlink_to(shutil.which("python3", path="/usr/bin"))
        env = {"PATH": "%s:/usr/bin:/bin" % copy.parent}
        script = self.script("import demo; print('ran')", ["demo"])
        self.run_ok(script, env=env)
        copy.unlink()
        self.assertEqual(self.run_ok(script, env=env).stdout, "ran\n")
        empty = self.home / "empty"
        empty.mkdir()
        self.run_fails(script, env={"PATH": str(empty)})

    def test_a_store_owned_by_nobody_else(self):
        self.store.mkdir(mode=0o777)
        self.store.chmod(0o777)
        self.run_fails(self.script(""))

    def test_a_newer_format_is_refused(self):
        self.run_ok(self.script(""))
        (self.store / "format").write_text("999\n")
        self.assertIn("999", self.run_fails(self.script("")).stderr)

    def as_nobody(self, *arguments, **env):
        """Runs the program as an unprivileged user, who is subject to permission bits."""
        return subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", ENVSTORE, *map(str, arguments)],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=TIMEOUT, cwd="/",
                              env={**self.env, **env})

    @unittest.skipUnless(os.geteuid() == 0, "only root can become somebody else")
    def test_a_store_that_cannot_be_written_is_named(self):
        script = self.script("")
        self.home.chmod(0o755)
        done = self.as_nobody("run", script, HOME="/nonexistent")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn(str(self.store), done.stderr)

    @unittest.skipUnless(os.geteuid() == 0, "only root can mount")
    def test_a_full_disk_is_reported_and_leaves_a_usable_store(self):
        mount = self.home / "small"
        mount.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(mount)], check=True)
        self.addCleanup(subprocess.run, ["umount", str(mount)], check=True)
        self.wheel("small")
        make_wheel(self.wheels, "big", "1.0", files={"big.bin": os.urandom(16 << 20)})
        self.store = mount / "store"
        env = {"ENVSTORE_ROOT": str(self.store)}
        self.addCleanup(self.settle)
        small = self.script("import small", ["small"], name="small.py")
        self.run_ok(small, env=env)
        done = self.run_fails(self.script("", ["big"], name="big.py"), env=env)
        self.assertRegex(done.stderr, "(?i)space")
        self.run_ok(small, env=env)

    @unittest.skipUnless(os.geteuid() == 0, "only root can make another user's folder")
    def test_a_store_of_another_user_is_refused(self):
        self.run_ok(self.script(""))
        os.chown(self.store, 12345, 12345)
        self.assertIn("another user", self.run_fails(self.script("")).stderr)


if __name__ == "__main__":
    unittest.main()
