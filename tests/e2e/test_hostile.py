"""Hostile wheels: names, sizes and files below the prefix are checked and bounded."""
import os
import subprocess
import unittest

from support import EnvstoreTest


class Prefix(EnvstoreTest):
    """Files that a wheel puts below the prefix appear below sys.prefix, or the wheel is refused with the reason."""

    def check_refused(self, path, reason, **options):
        self.wheel("demo", data={path: "x"} if path else None, **options)
        done = self.run_fails("--refresh", "--with", "demo", "python", "-c", "1")
        self.assertIn(reason, done.stderr)
        self.assertEqual(self.snapshots(), [])

    def test_names_of_the_environments_own_files_are_refused(self):
        for name in (".inventory", "pyvenv.cfg"):
            self.check_refused("data/" + name, "environment's own file")
        for name in ("bin", "lib", "lib64"):
            self.check_refused("data/" + name, "a directory of the environment")

    def test_a_very_deep_folder_is_refused(self):
        self.check_refused("data/etc/" + "d/" * 60 + "x", "too deep")
        self.check_refused("data/etc/" + "d/" * 1000 + "x", "not safe")
        self.check_refused("data/lib/" + "d/" * 60 + "x", "too deep")

    def test_thousands_of_names_are_refused(self):
        many = 10_001
        self.check_refused(None, "each run", entry_points={"console_scripts": {"s%d" % i: "demo:x" for i in range(many)}})
        self.wheel("demo", data={"data/etc/demo/%d" % i: "" for i in range(many)})
        self.assertIn("each run", self.run_fails("--refresh", "--with", "demo", "python").stderr)
        self.wheel("demo", data={"data/share/%d" % i: "" for i in range(many)})
        self.assertIn("each run", self.run_fails("--refresh", "--with", "demo", "python").stderr)
        self.wheel("demo", data={"data/etc/demo": b"x" * (65 << 20)})
        self.assertIn("below etc", self.run_fails("--refresh", "--with", "demo", "python").stderr)

    def test_what_stands_in_lib64_bin_and_beside_site_packages_is_there(self):
        probe = ("import sys, os; v = 'python%d.%d' % sys.version_info[:2]\n"
                 "for p in ['lib64/a/x', 'lib/a/x', 'lib64/top', 'bin/sub/x', 'bin/sub/deep/x', 'share/a/b/c/d', 'etc/a/b/c/d',\n"
                 "          'include/h/x', 'odd/x', 'top', 'lib/%s/beside/x' % v, 'lib/%s/file' % v]:\n"
                 "    print(p, open(os.path.join(sys.prefix, p)).read())\n"
                 "import from_data; print(from_data.X)\n")
        version = subprocess.run([self.interpreter(), "-c", "import sys; print('python%d.%d' % sys.version_info[:2])"],
                                 stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
        places = ["lib64/a/x", "lib64/top", "bin/sub/x", "bin/sub/deep/x", "share/a/b/c/d", "etc/a/b/c/d", "include/h/x", "odd/x",
                  "top", "lib/%s/beside/x" % version, "lib/%s/file" % version]
        data = {"data/" + place: "content" for place in places}
        data["data/lib/%s/site-packages/from_data.py" % version] = "X = 'imported'\n"
        self.wheel("demo", data=data)
        self.wheel("other", scripts={"sub": "#!python\nprint('other')\n"})
        script = self.script(probe)
        for layout in ("farm", "forest"):
            for _ in range(2):
                done = self.run_ok("--layout", layout, "--with", "demo", "python", script)
                self.assertEqual(done.stdout.count(" content\n"), 12, done.stdout)
                self.assertIn("imported", done.stdout)
        self.settle()
        self.assertEqual(self.envstore("verify").returncode, 0)
        for place in self.store.glob("trees/*/data/lib/a/x"):
            place.chmod(0o644)
            place.write_text("changed")
        self.assertEqual(self.envstore("verify", "--full", "--repair").returncode, 0)
        self.run_ok("--with", "demo", "python", script)

    def test_a_directory_in_bin_yields_to_a_script_of_another_layer(self):
        self.wheel("demo", data={"data/bin/sub/x": "content"})
        self.wheel("other", scripts={"sub": "#!python\nprint('other')\n"})
        script = self.script("import subprocess; subprocess.run(['sub'], check=True)", ["other"])
        self.assertEqual(self.run_ok("--with", "demo", script).stdout, "other\n")

    def interpreter(self):
        done = self.run_ok("python", "-c", "import sys; print(sys.executable)")
        return os.path.realpath(self.run_ok("python", "-c", "import sys; print(sys._base_executable)").stdout.strip()) or done


class Archives(EnvstoreTest):
    def check(self, **options):
        self.wheel("demo", **options)
        return self.envstore("run", "--no-index", "--find-links", self.wheels, "--with", "demo", "python", "-c", "1")

    def test_very_deep_and_odd_names(self):
        for name in ("d/" * 200 + "x.py", "a\u0085b.py", "a\u009bb.py", "n" * 256 + ".py"):
            done = self.check(files={name: "x"})
            self.assertEqual(done.returncode, 1, name)
            self.assertTrue(done.stderr.isprintable() or all(c.isprintable() or c == "\n" for c in done.stderr))

    def test_many_deep_names_take_seconds_at_most(self):
        files = {"%s/%d.py" % ("/".join("abcdefghij"[i % 10] * 20 for i in range(90)), n): "" for n in range(2000)}
        self.assertEqual(self.check(files=files).returncode, 0)

    def test_texts_of_many_megabytes(self):
        done = self.check(entry_points={"x": {"a": "demo:" + "y" * (5 << 20)}})
        self.assertEqual(done.returncode, 1)
        self.assertIn("too large", done.stderr)
        self.assertEqual(self.check(requires_python=">=3" + ", >=3" * 200_000).returncode, 0)


if __name__ == "__main__":
    unittest.main()
