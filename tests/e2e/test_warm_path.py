"""Limits of the warm path: what a cached run maps, calls and leaves behind."""
import ast
import os
import re
import subprocess
import unittest

from support import ENVSTORE, EnvstoreTest


class WarmPath(EnvstoreTest):
    def setUp(self):
        super().setUp()
        self.wheel("demo", entry_points={"console_scripts": {"hello": "demo:main"}}, files={"demo.py": "def main(): pass\n"})
        self.warm = self.script("import demo\n", ["demo"])
        self.run_ok(self.warm)
        self.settle()
        self.run_ok(self.warm)

    def calls(self):
        """The system calls of the supervisor alone in a warm run: (name, line)."""
        log = self.home / "strace.log"
        subprocess.run(["strace", "-qq", "-o", str(log), ENVSTORE, "run", str(self.warm)], env=self.env, check=True)
        lines = log.read_text().splitlines()
        return [(m.group(1), line) for line in lines if (m := re.match(r"(\w+)\(", line))]

    def test_it_maps_neither_the_network_nor_tls(self):
        body = "import os, demo; print(open('/proc/%d/maps' % os.getppid()).read())"
        script = self.script(body, ["demo"], name="maps.py")
        self.run_ok(script)
        maps = self.run_ok(script).stdout
        self.assertIn(os.path.basename(ENVSTORE), maps)
        for library in ("libcurl", "libssl", "libnghttp2", "envstore-network", "libarchive", "envstore-archive", "libstdc++"):
            self.assertNotIn(library, maps)

    def test_it_waits_for_no_disk_and_no_network(self):
        names = {name for name, _ in self.calls()}
        self.assertIn("execve", names)
        for forbidden in ("fsync", "fdatasync", "syncfs", "sync_file_range", "msync", "socket", "connect", "getdents64"):
            self.assertNotIn(forbidden, names)

    def test_it_reads_no_configuration_but_by_stat_and_parses_no_page(self):
        calls = self.calls()
        self.assertTrue([line for name, line in calls if "stat" in name and "envstore.yaml" in line])
        opened = [line for name, line in calls if name in ("open", "openat")]
        self.assertTrue([line for line in opened if '"%s"' % self.warm in line])
        for line in opened:
            self.assertNotIn("pip.conf", line)
            self.assertNotIn("tree.json", line)
            self.assertNotIn(".json", line)

    def test_a_spare_scratch_is_claimed_and_handed_back(self):
        before = os.listdir(self.store / "scratch")
        self.assertEqual(len(before), 1)
        names = [name for name, _ in self.calls()]
        self.assertEqual(os.listdir(self.store / "scratch"), before)
        self.assertGreaterEqual(len([name for name in names if name.startswith("rename")]), 2)  # claimed, handed back
        self.assertNotIn("symlinkat", names)

    def test_no_temporary_file_is_left(self):
        for _ in range(3):
            self.run_ok(self.warm)
        during = self.script("import demo, os, sys; print(os.listdir(os.path.join(sys.argv[1], 'leases')))\n", ["demo"], name="during.py")
        self.assertEqual(len(ast.literal_eval(self.run_ok(during, self.store).stdout)), 1)
        self.settle()
        self.assertEqual(os.listdir(self.store / "leases"), [])
        self.assertEqual(os.listdir(self.store / "tmp"), [])
        self.assertEqual(os.listdir(self.store / "trash"), [])

    def test_work_in_the_background_is_no_part_of_the_run(self):
        for name in ("a", "b", "c"):  # the first run, and perhaps the next, starts background compilation
            self.wheel(name, files={name + "/%d.py" % i: "X = 1\n" * 50 for i in range(300)})
            script = self.script("import %s" % name, [name], name=name + ".py")
            for _ in range(3):
                self.run_ok(script)
                left = [entry for entry in os.listdir(self.store / "scratch") if not entry.startswith("spare-")]
                self.assertEqual(left, [])
        self.settle()

    def test_the_supervisor_stays_small(self):
        body = "import os, re, demo; print(re.search(r'VmRSS:\\s+(\\d+)', open('/proc/%d/status' % os.getppid()).read()).group(1))"
        script = self.script(body, ["demo"], name="rss.py")
        for what in ("the first run", "a later one"):
            self.assertLess(int(self.run_ok(script).stdout), 4 * 1024, what)

    def test_the_program_cannot_tell_a_first_run_from_a_later_one(self):
        body = "import os, demo; print([k for k in os.environ if k.startswith('ENVSTORE_')], os.listdir('/proc/self/fd'))"
        script = self.script(body, ["demo"], name="environment.py")
        for arguments in ((script,), ("--refresh", script), ("--upgrade", script), ("-v", script)):
            self.assertEqual(self.run_ok(*arguments).stdout, self.run_ok(script).stdout, arguments)

    def test_standard_input_is_read_once_whatever_is_prepared(self):
        text = "# /// script\n# dependencies = ['demo']\n# ///\nimport demo; print('in')\n"
        for _ in range(2):
            self.assertEqual(self.run_ok("-", stdin=text).stdout, "in\n")


if __name__ == "__main__":
    unittest.main()
