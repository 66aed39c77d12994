"""Changes to a store by other programs: cleaners of old files, image layers, test runners under root."""
import json
import os
import shutil
import subprocess
import unittest

from support import ENVSTORE, EnvstoreTest

IS_ROOT = os.geteuid() == 0
FOLDERS = ["objects", "trees", "snapshots", "bytecode", "scratch", "leases", "tmp", "trash", "locks", "volatile",
           "quarantine", "logs"]
#: Mounts an overlay of $0/low and $0/up at $0/m and runs "$@". $OVERLAY: further mount options.
OVERLAY = ('mount -t overlay overlay -o "lowerdir=$0/low,upperdir=$0/up,workdir=$0/work$OVERLAY" "$0/m" '
           '&& exec "$@"')
NAMESPACE = ["unshare", "--mount"] if IS_ROOT else ["unshare", "--map-root-user", "--mount"]


def can_overlay():
    import tempfile
    with tempfile.TemporaryDirectory() as folder:
        for name in ("low", "up", "work", "m"):
            os.mkdir(os.path.join(folder, name))
        env = {**os.environ, "OVERLAY": "" if IS_ROOT else ",userxattr"}
        return subprocess.run([*NAMESPACE, "sh", "-c", OVERLAY, folder, "true"], env=env,
                              capture_output=True).returncode == 0


class EmptyFoldersTest(EnvstoreTest):
    def setUp(self):
        super().setUp()
        self.wheel("demo", files={"demo/__init__.py": "", "demo/a.py": "A = 1\n"})
        self.wheel("other")
        self.run_ok("-q", "--with", "demo", "python", "-c", "import demo.a")
        self.settle()

    def all_commands_work(self):
        self.run_ok("-q", "--with", "demo", "python", "-c", "import demo.a")
        self.run_ok("-q", "--with", "demo,other", "python", "-c", "import demo.a, other")
        self.run_ok("-q", "--with", "demo", "--layout", "forest", "python", "-c", "import demo.a")
        self.settle()
        for command in (["verify", "--full", "-q"], ["gc", "-q", "--max-size", "0", "--grace", "0s"], ["ls"], ["du"]):
            done = self.envstore(*command)
            self.assertEqual(done.returncode, 0, (command, done.stdout + done.stderr))
        self.run_ok("-q", "--with", "demo", "python", "-c", "import demo.a")
        self.settle()

    def test_every_folder_that_was_empty_is_made_again(self):
        for folder in FOLDERS:
            with self.subTest(folder):
                path = self.store / folder
                if any(path.iterdir()):
                    continue
                path.rmdir()
                self.all_commands_work()

    def test_a_folder_is_made_again_by_a_known_run(self):
        for folder in ("leases", "tmp", "trash"):
            with self.subTest(folder):
                (self.store / folder).rmdir()
                self.run_ok("-q", "--with", "demo", "python", "-c", "import demo.a")
                self.settle()

    def test_every_empty_directory_of_a_store_may_go(self):
        subprocess.run(["find", str(self.store), "-depth", "-type", "d", "-empty", "-delete"],
                       capture_output=True)  # only root may remove files from read-only folders
        self.run_ok("-q", "--with", "demo", "python", "-c", "import demo.a")
        self.settle()
        self.assertEqual(self.envstore("verify", "--full", "-q", "--repair").returncode, 0)
        self.all_commands_work()

    def test_folders_that_go_during_a_run_do_not_end_it(self):
        body = ("import os, subprocess, sys\n"
                "root = sys.argv[1]\n"
                "for folder in ('tmp', 'trash', 'quarantine', 'logs'):\n"
                "    try: os.rmdir(os.path.join(root, folder))\n"
                "    except OSError: pass\n"
                "sys.exit(subprocess.call(sys.argv[2:]))\n")
        script = self.script(body)
        self.run_ok("-q", "--with", "demo", script, self.store, ENVSTORE, "run", "-q", "--with", "other", "python",
                    "-c", "import other")
        self.settle()
        self.all_commands_work()

    def test_an_emptied_store_is_filled_again(self):
        self.assertEqual(self.envstore("gc", "-q", "--max-age", "0s", "--grace", "0s").returncode, 0)
        self.settle()
        subprocess.run(["find", str(self.store), "-depth", "-type", "d", "-empty", "-delete"],
                       capture_output=True)
        self.all_commands_work()

    def test_doctor_reports_what_was_missing_and_makes_it_again(self):
        for folder in ("leases", "trash"):
            (self.store / folder).rmdir()
        done = self.envstore("doctor", "--json", "--offline")
        findings = [f for f in json.loads(done.stdout) if "leases" in f["what"]]
        self.assertEqual([f["verdict"] for f in findings], ["note"], done.stdout)
        self.assertIn("trash", findings[0]["what"])
        self.assertIn("cleaner", findings[0]["meaning"])
        self.assertTrue((self.store / "leases").is_dir())
        again = json.loads(self.envstore("doctor", "--json", "--offline").stdout)
        self.assertFalse([f for f in again if "leases" in f["what"]])


class OldFilesTest(EnvstoreTest):
    """A cleaner that deletes files by age leaves the folders empty."""

    def setUp(self):
        super().setUp()
        self.wheel("demo", files={"demo/__init__.py": "", "demo/a.py": "A = 1\n"})
        self.run_ok("-q", "--with", "demo", "python", "-c", "import demo.a")
        self.settle()
        self.assertEqual(self.envstore("gc", "-q").returncode, 0)  # now everything is durable

    def delete_files(self, *folders):
        for folder in folders:
            for directory, _, files in os.walk(self.store / folder):
                os.chmod(directory, 0o755)
                for name in files:
                    os.unlink(os.path.join(directory, name))

    def test_missing_files_are_found_and_the_run_repairs_them_or_has_a_hint(self):
        for folders in (["objects"], ["trees"], ["snapshots"], ["bytecode"], ["index"], ["volatile"],
                        ["objects", "trees", "snapshots", "bytecode"], FOLDERS + ["index", "."]):
            with self.subTest(folders):
                self.delete_files(*folders)
                first = self.envstore("run", "-q", "--with", "demo", "python", "-c", "import demo.a")
                self.settle()
                if first.returncode != 0:
                    self.assertIn("hint:" if "error:" in first.stderr else "No module", first.stderr)
                    if "verify --rebuild-index" in first.stderr:
                        rebuilt = self.envstore("verify", "--rebuild-index", "-q")
                        self.assertIn(rebuilt.returncode, (0, 3), rebuilt.stdout + rebuilt.stderr)
                    repaired = self.envstore("verify", "--repair", "-q")
                    self.assertIn(repaired.returncode, (0, 3), repaired.stdout + repaired.stderr)
                self.run_ok("-q", "--with", "demo", "python", "-c", "import demo.a")
                self.settle()
                self.assertEqual(self.envstore("gc", "-q").returncode, 0)


@unittest.skipUnless(can_overlay(), "no overlayfs can be mounted here, not even in a user namespace")
class ImageLayerTest(EnvstoreTest):
    """A store in the lower layer of a container's filesystem."""

    def setUp(self):
        super().setUp()
        for name in ("demo", "other"):
            self.wheel(name, files={"%s/__init__.py" % name: "", "%s/a.py" % name: "A = 1\n"},
                       scripts={name + "-tool": "#!python\nprint('tool')\n"},
                       data={"data/share/%s/x" % name: "x", "data/etc/%s.conf" % name: "x"})
        self.layers = self.home / "layers"
        for name in ("low", "up", "work", "m"):
            (self.layers / name).mkdir(parents=True)
        self.store = self.layers / "low" / "store"
        self.env["ENVSTORE_ROOT"] = str(self.store)
        self.run_ok("-q", "--with", "demo", "python", "-c", "import demo.a")
        self.run_ok("-q", "--with", "other", "--layout", "forest", "python", "-c", "import other.a")
        self.settle()
        self.assertEqual(self.envstore("gc", "-q").returncode, 0)
        self.addCleanup(subprocess.run, ["chmod", "-R", "u+rwX", str(self.layers)])
        self.store = self.layers / "m" / "store"
        self.env["ENVSTORE_ROOT"] = str(self.store)

    def inside(self, *command, options=""):
        if not IS_ROOT:
            options += ",userxattr"
        done = subprocess.run([*NAMESPACE, "sh", "-c", OVERLAY, str(self.layers), *map(str, command)],
                              env={**self.env, "OVERLAY": options}, cwd=str(self.work), capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=300)
        self.settle()
        return done

    def ok(self, *command, **options):
        done = self.inside(*command, **options)
        self.assertEqual(done.returncode, 0, (command, done.stdout + done.stderr))
        return done

    def collect_and_run_again(self, options=""):
        def run(*words):
            return self.ok(ENVSTORE, "run", "-q", *words, options=options)
        run("--with", "demo", "python", "-c", "import demo.a")
        run("--with", "other,demo", "--compile-bytecode", "python", "-c", "import other.a")
        collected = self.ok(ENVSTORE, "gc", "--json", "--max-age", "0s", "--grace", "0s", options=options)
        self.assertEqual(json.loads(collected.stdout)["failures"], [])
        left = self.ok("sh", "-c", 'cd "$0" && ls trees snapshots/*.json trash bytecode 2> /dev/null; true',
                       self.store, options=options)
        self.assertNotRegex(left.stdout, "[0-9a-f]{32}")
        for layout in ("farm", "forest"):
            for name in ("demo", "other", "demo,other"):
                run("--with", name, "--layout", layout, "python", "-c", "import %s" % name)
        self.assertIn("tool", run("--with", "demo", "demo-tool").stdout)
        self.ok(ENVSTORE, "verify", "--full", "-q", options=options)
        self.ok(ENVSTORE, "gc", "-q", "--max-age", "0s", "--grace", "0s", options=options)

    def test_it_is_collected_and_filled_again(self):
        self.collect_and_run_again()

    @unittest.skipUnless(IS_ROOT, "only root may choose how directories of a lower layer are renamed")
    def test_it_is_collected_where_directories_are_redirected(self):
        self.collect_and_run_again(",redirect_dir=on")

    @unittest.skipUnless(IS_ROOT, "only root may choose what is copied up")
    def test_it_is_collected_where_metadata_alone_is_copied_up(self):
        self.collect_and_run_again(",metacopy=on")

    def test_modules_are_compiled_into_slots_of_the_lower_layer(self):
        slots = sorted((self.layers / "low" / "store" / "bytecode").glob("*/0"))
        self.assertTrue(slots and any(any(slot.iterdir()) for slot in slots))
        for slot in slots:  # as if one module had not been compiled in the lower layer
            os.chmod(slot, 0o755)
            for compiled in slot.glob("a.*.pyc"):
                compiled.unlink()
            os.chmod(slot, 0o555)
            for mark in slot.parent.glob("complete*"):
                mark.unlink()
        self.ok(ENVSTORE, "run", "-q", "--with", "demo,other", "--compile-bytecode", "python", "-c", "import demo.a")
        seen = self.ok("sh", "-c", 'cd "$0/bytecode" && ls -ld */0 && ls */0/a.*.pyc */0/__init__.*.pyc', self.store)
        self.assertEqual(seen.stdout.count("dr-xr-xr-x"), 2, seen.stdout)
        self.assertEqual(seen.stdout.count("/0/a."), 2, seen.stdout)
        self.assertEqual(seen.stdout.count("/0/__init__."), 2, seen.stdout)

    def test_lock_files_that_vanish_from_the_upper_layer_are_not_waited_for(self):
        script = ('"$0" run -q --with demo python -c "import demo.a" && rm -r "$1/up/store/locks" && '
                  '"$0" ls > /dev/null && "$0" run -q --with demo python -c "import demo.a"')
        self.ok("timeout", "60", "sh", "-c", script, ENVSTORE, self.layers)

    def test_a_layer_that_was_built_again_below_goes_on(self):
        self.ok(ENVSTORE, "run", "-q", "--with", "demo", "--layout", "forest", "python", "-c", "import demo.a")
        low = self.layers / "low"
        subprocess.run(["chmod", "-R", "u+w", str(low)], check=True)
        shutil.rmtree(low)
        low.mkdir()
        merged, self.store = self.store, low / "store"
        self.env["ENVSTORE_ROOT"] = str(self.store)
        try:
            for layout in ("farm", "forest"):
                self.run_ok("-q", "--with", "other,demo", "--layout", layout, "python", "-c", "import demo.a")
                self.run_ok("-q", "--with", "demo", "--layout", layout, "python", "-c", "import demo.a")
            self.settle()  # while an overlay is mounted, nothing may change its lower layer
        finally:
            self.store = merged
            self.env["ENVSTORE_ROOT"] = str(merged)
        for layout in ("farm", "forest"):
            self.ok(ENVSTORE, "run", "-q", "--with", "demo", "--layout", layout, "python", "-c", "import demo.a")
        self.ok(ENVSTORE, "gc", "-q", "--max-age", "0s", "--grace", "0s")


class SlotsTest(EnvstoreTest):
    MODULES = 150

    def setUp(self):
        super().setUp()
        body = ";".join("a%d=lambda*x:(x,[x,%%d],{1:x})" % k for k in range(60))
        self.wheel("demo", files={"demo/__init__.py": "", **{
            "demo/m%d.py" % i: body % ((i,) * 60) for i in range(self.MODULES)}})
        self.wheel("other", files={"demo_other/__init__.py": "", "demo_other/b.py": "B = 1\n"})

    def compiled(self):
        return sorted(p.name for p in (self.store / "bytecode").glob("*/*/*.pyc"))

    def test_no_program_sees_a_writable_slot_while_modules_are_compiled(self):
        seen = self.script(
            "import demo, glob, os, stat, sys\n"
            "slot = os.path.join(os.path.dirname(demo.__file__), '__pycache__')\n"
            "writable = missing = 0\n"
            "wanted = int(sys.argv[1])\n"
            "for _ in range(10_000_000):\n"
            "    try: writable += bool(os.stat(slot).st_mode & 0o222)\n"
            "    except FileNotFoundError: missing += 1\n"
            "    if _ % 100 == 0 and len(os.listdir(slot)) >= wanted: break\n"
            "print(writable, missing, len(os.listdir(slot)) >= wanted)\n", ["demo"])
        done = self.run_ok("-q", seen, self.MODULES)
        self.assertEqual(done.stdout.split(), ["0", "0", "True"])

    def test_what_a_slot_held_stays_when_more_is_compiled(self):
        self.run_ok("-q", "--with", "demo", "--compile-bytecode", "python", "-c", "1")
        before = self.compiled()
        self.assertEqual(len(before), self.MODULES + 1)
        slot = next((self.store / "bytecode").glob("*/0"))
        inodes = {p.name: p.stat().st_ino for p in slot.iterdir()}
        os.chmod(slot, 0o755)
        (slot / "m0.cpython-311-runner.pyc").write_bytes(b"x")  # as a test runner under root does
        (slot / "cache").mkdir()
        (slot / "cache" / "deep").mkdir()
        lost = next(slot.glob("m1.*.pyc"))
        lost.unlink()
        os.chmod(slot, 0o555)
        for mark in (self.store / "bytecode").glob("*/complete*"):
            mark.unlink()
        half_made = slot.parent / ".new-0123"
        half_made.mkdir()
        (half_made / "m9.pyc").write_bytes(b"half")
        self.run_ok("-q", "--with", "demo", "--compile-bytecode", "python", "-c", "1")
        self.assertEqual([p for p in self.compiled() if "runner" not in p], before)
        self.assertTrue((slot / "m0.cpython-311-runner.pyc").exists())
        self.assertFalse((slot / "cache").exists())
        self.assertFalse(half_made.exists())
        self.assertEqual(slot.stat().st_mode & 0o7777, 0o555)
        self.assertEqual(list(slot.parent.glob(".new-*")), [])
        self.assertEqual(set(inodes) - {p.name for p in slot.iterdir()}, set())

    @unittest.skipUnless(IS_ROOT, "slots keep out everybody but root")
    def test_what_roots_programs_put_into_slots_is_counted(self):
        self.run_ok("-q", "--with", "demo", "--compile-bytecode", "python", "-c", "1")
        def total():
            self.settle()
            return json.loads(self.envstore("gc", "--dry-run", "--json").stdout)["bytes_before"]
        before = total()
        (next((self.store / "bytecode").glob("*/0")) / "m0.cpython-311-runner.pyc").write_bytes(b"x" * 1_000_000)
        self.assertGreaterEqual(total() - before, 1_000_000)

    def test_what_programs_left_in_slots_goes_with_its_tree(self):
        self.run_ok("-q", "--with", "demo", "python", "-c", "1")
        self.settle()
        slot = next((self.store / "bytecode").glob("*/0"))
        os.chmod(slot, 0o755)
        (slot / "cache" / "deep").mkdir(parents=True)
        (slot / "cache" / "deep" / "x").write_text("x")
        os.chmod(slot / "cache", 0o555)
        os.chmod(slot, 0o555)
        done = self.envstore("gc", "--json", "--max-age", "0s", "--grace", "0s")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(list((self.store / "bytecode").iterdir()), [])
        self.assertEqual(list((self.store / "trash").iterdir()), [])


if __name__ == "__main__":
    unittest.main()
