"""Difficult locations of a store: odd paths, noexec mounts, no /proc."""
import json
import os
import shutil
import subprocess
import unittest

from support import ENVSTORE, EnvstoreTest, TIMEOUT

INSIDE = ["unshare", "--map-root-user", "--mount"]
NOEXEC = 'mount -t tmpfs -o noexec,mode=700 tmpfs "$1" && shift && exec "$@"'


def can(script, *words):
    return shutil.which("unshare") is not None and subprocess.run(
        [*INSIDE, "sh", "-c", script, "sh", *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        timeout=TIMEOUT).returncode == 0


class PlacesTest(EnvstoreTest):
    def setUp(self):
        super().setUp()
        self.wheel("demo", entry_points={"console_scripts": {"demo": "demo:main"}},
                   files={"demo.py": "def main():\n    print('the command')\n"})

    def findings(self, done):
        self.assertIn(done.returncode, (0, 1), done.stderr)
        return [finding for finding in json.loads(done.stdout) if finding["verdict"] == "problem"]


class Paths(PlacesTest):
    ODD = ["a b", "it's", 'a"b', "\u65e5\u672c", b"\xff\xfe", "a#b", "%s%", "a\nb", "-rf", "a;b", "$HOME`x`", "a\\b",
           "*?[x]", "end ", "a\tb\r", "~", "a=b,c", "x" * 200 + "/" + "y" * 200]

    def test_every_other_path_works(self):
        script = self.script("import demo, os, subprocess, sys\n"
                             "assert sys.prefix == os.environ['VIRTUAL_ENV']\n"
                             "subprocess.run(['demo'], check=True)\n"
                             "subprocess.run('demo', shell=True, check=True)\n", ["demo"])
        for name in self.ODD:
            with self.subTest(name=name):
                root = os.path.join(os.fsencode(self.home), os.fsencode(name), b"store")
                env = {os.fsencode(k): os.fsencode(v) for k, v in self.env.items()}
                env[b"ENVSTORE_ROOT"] = root
                for words in (["-q", script], ["-q", "--with", "demo", "demo"], ["-q", script],
                              ["-q", "--layout", "forest", script]):
                    done = subprocess.run([ENVSTORE, "run", *map(str, words)], env=env, cwd=str(self.work),
                                          stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT)
                    self.assertEqual((done.returncode, done.stderr), (0, b""))
                    self.assertEqual(set(done.stdout.split(b"\n")), {b"the command", b""})
                done = subprocess.run([ENVSTORE, "verify", "--full", "-q"], env=env, capture_output=True,
                                      timeout=TIMEOUT)
                self.assertEqual(done.returncode, 0, done.stdout)

    def refused(self, root, reason):
        env = {"ENVSTORE_ROOT": str(root)}
        for words in (["run", "--with", "demo", "demo"], ["ls"], ["gc"], ["verify"]):
            done = self.envstore(*words, env=env)
            self.assertEqual((done.returncode, done.stdout), (1, ""), done.stderr)
            self.assertIn("cannot use '%s' as a store" % root, done.stderr)
            self.assertIn(reason, done.stderr)
            self.assertIn("set ENVSTORE_ROOT (or --store)", done.stderr)
        found = self.findings(self.envstore("doctor", "--offline", "--json", env=env))
        self.assertTrue(any(reason in finding["meaning"] and finding["advice"] for finding in found), found)
        self.assertEqual(self.server.requests(), [])
        self.assertFalse(root.exists())

    def test_a_colon_is_refused_at_once(self):
        self.refused(self.home / "a:b" / "store", "PATH cannot carry a path with a ':'")

    def test_a_path_that_leaves_no_room_for_files_is_refused_at_once(self):
        root = self.home.joinpath(*["x" * 200] * 16)
        self.refused(root, "its path has %d bytes" % len(str(root)))

    def test_a_link_makes_up_for_such_a_path(self):
        (self.home / "a:b").mkdir()
        (self.home / "link").symlink_to("a:b")
        env = {"ENVSTORE_ROOT": str(self.home / "link" / "store")}
        self.assertEqual(self.run_ok("-q", "--with", "demo", "demo", env=env).stdout, "the command\n")


@unittest.skipUnless(can("mount -t tmpfs -o noexec tmpfs /mnt"), "no filesystem may be mounted here")
class Noexec(PlacesTest):
    def setUp(self):
        super().setUp()
        self.store.mkdir(mode=0o700)
        self.wheel("native", files={"native.py": "", "native-1.0.data/scripts/tool": "#!/bin/sh\necho hi\n"})

    def inside(self, *words):
        return subprocess.run([*INSIDE, "sh", "-c", NOEXEC, "sh", str(self.store), *map(str, words)],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              cwd=str(self.work), env=self.env, timeout=TIMEOUT)

    def test_python_runs_and_what_it_starts_by_itself(self):
        for words in (("demo",), ("python", "-c", "import demo; demo.main()")):
            done = self.inside(ENVSTORE, "run", "-q", "--with", "demo", *words)
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "the command\n", ""))

    def test_a_command_that_cannot_be_executed_is_refused_with_the_cause(self):
        done = self.inside(ENVSTORE, "run", "-q", "--with", "native", "tool")
        self.assertEqual((done.returncode, done.stdout), (126, ""), done.stderr)
        self.assertIn("cannot run 'tool': it is on a mount where nothing may be executed (noexec)", done.stderr)
        self.assertIn("ENVSTORE_ROOT (or --store)", done.stderr)

    def test_a_program_of_the_users_own_mount_is_refused_with_another_hint(self):
        done = self.inside("sh", "-c", 'printf "#!/bin/sh\\n" > "$2" && chmod +x "$2" && exec "$1" run -q --store "$3" '
                           '"$2"', "sh", ENVSTORE, self.store / "tool", self.home / "other")
        self.assertEqual(done.returncode, 126, done.stderr)
        self.assertIn("(noexec)", done.stderr)
        self.assertIn("start it through its interpreter", done.stderr)

    def test_a_failed_program_on_such_a_mount_has_a_hint_about_it(self):
        done = self.inside(ENVSTORE, "run", "--with", "demo", "python", "-c", "raise SystemExit(3)")
        self.assertEqual(done.returncode, 3)
        self.assertIn("note: compiled modules and commands of packages cannot be loaded from the store", done.stderr)
        self.assertIn("(noexec)", done.stderr)
        done = self.inside(ENVSTORE, "run", "--with", "demo", "false")
        self.assertEqual(done.returncode, 1)
        self.assertNotIn("noexec", done.stderr)

    def test_an_interpreter_that_cannot_be_executed_is_named_with_the_cause(self):
        done = self.inside("sh", "-c", 'cp /usr/bin/python3 "$2" && exec "$1" run -q --store "$3" --python "$2" python',
                           "sh", ENVSTORE, self.store / "python", self.home / "other")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("(noexec)", done.stderr)

    def test_doctor_finds_it(self):
        [found] = self.findings(self.inside(ENVSTORE, "doctor", "--offline", "--json"))
        self.assertIn("(noexec)", found["what"])
        self.assertIn("ENVSTORE_ROOT", found["advice"])


@unittest.skipUnless(can("mount -t tmpfs tmpfs /proc"), "no filesystem may be mounted here")
class WithoutProc(PlacesTest):
    NOTHING = "mount -t tmpfs tmpfs /proc"
    BOOT_ID_ALONE = ("boot=$(cat /proc/sys/kernel/random/boot_id) && mount -t tmpfs tmpfs /proc && "
                     "mkdir -p /proc/sys/kernel/random && echo $boot > /proc/sys/kernel/random/boot_id")

    def inside(self, mount, *words):
        return subprocess.run([*INSIDE, "sh", "-c", mount + ' && exec "$@"', "sh", ENVSTORE, *map(str, words)],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              cwd=str(self.work), env=self.env, timeout=TIMEOUT)

    def test_every_command_names_the_cause_and_removes_nothing(self):
        self.run_ok("-q", "--with", "demo", "demo")
        self.settle()
        before = self.frozen()
        for mount in (self.NOTHING, self.BOOT_ID_ALONE):
            for words in (["run", "-q", "--with", "demo", "demo"], ["run", "-q", "--exec", "--with", "demo", "demo"],
                          ["ls"], ["gc", "--max-size", "1", "--grace", "0"], ["verify"], ["verify", "--repair"],
                          ["verify", "--rebuild-index"], ["du"]):
                done = self.inside(mount, *words)
                self.assertEqual((done.returncode, done.stdout), (1, ""), (words, done.stderr))
                self.assertIn("/proc", done.stderr, words)
                self.assertIn("hint: mount proc on /proc", done.stderr, words)
            found = self.findings(self.inside(mount, "doctor", "--offline", "--json"))
            self.assertTrue(any("mount proc on /proc" in finding["advice"] for finding in found), found)
        self.assertEqual(self.frozen(), before)
        self.assertEqual(self.run_ok("-q", "--with", "demo", "demo").stdout, "the command\n")

    def test_what_needs_no_store_works(self):
        self.assertEqual(self.inside(self.NOTHING, "--version").returncode, 0)
        self.assertEqual(self.inside(self.NOTHING, "help").returncode, 0)


if __name__ == "__main__":
    unittest.main()
