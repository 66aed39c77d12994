"""Tests the checker itself: it accepts a sound store and reports each kind of damage."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from store_world import TIMEOUT, World, quick_folder, remove_store


class Checker(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.home = pathlib.Path(tempfile.mkdtemp(prefix="envstore-check-", dir=quick_folder()))
        cls.world = World(cls.home)
        for layout in ("farm", "forest"):
            done = cls.world.whole(cls.world.run_words(cls.world.script, "--layout", layout))
            assert done["out"] == "ok\n", done
        cls.world.keep_as("sound")

    @classmethod
    def tearDownClass(cls):
        remove_store(cls.world.store)
        shutil.rmtree(cls.home, ignore_errors=True)

    def setUp(self):
        self.world.restore("sound")
        self.store = self.world.store

    def one(self, pattern):
        return sorted(self.store.glob(pattern))[0]

    def assert_finds(self, text):
        found, _ = self.world.check()
        self.assertTrue(any(text in line for line in found), found)

    @staticmethod
    def write(path, content):
        path.parent.chmod(0o755)
        if path.exists():
            path.unlink()
        path.write_bytes(content)
        path.chmod(0o444)

    def test_a_sound_store_passes_and_its_rows_are_listed(self):
        found, durable = self.world.check("--swept")
        self.assertEqual(found, [])
        self.assertEqual(len([line for line in durable if "snapshot" in line]), 1)
        self.assertEqual(len([line for line in durable if "tree" in line]), 2)

    def test_other_bytes_in_a_tree(self):
        self.write(self.one("trees/*/site/beta.py"), b"VALUE = 'evil'\n")
        self.assert_finds("other bytes than the manifest says")

    def test_a_lease_whose_file_does_not_name_what_its_row_names(self):
        waiting = self.world.home / "waiting.py"
        waiting.write_text(self.world.script.read_text() + "import sys\nsys.stdout.flush()\nsys.stdin.readline()\n")
        self.world.whole(self.world.run_words(self.world.script))
        run = subprocess.Popen(self.world.run_words(waiting), env=self.world.env, cwd=self.world.home, text=True,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        try:
            self.assertEqual(run.stdout.readline(), "ok\n")
            lease = next(path for path in self.store.glob("leases/*") if path.read_text().startswith("envstore lease 1\nrun "))
            first, facts, what, *ids = lease.read_text().splitlines(keepends=True)
            self.assertEqual(len(ids), 1)
            lease.write_text(first + facts.rsplit(" ", 1)[0] + " 0\n" + what)
            self.assert_finds("its file does not name snapshot")
        finally:
            run.communicate("\n", timeout=TIMEOUT)

    def test_other_bytes_in_an_object_through_a_link(self):
        path = self.one("trees/*/site/beta.py")
        path.chmod(0o644)
        path.write_bytes(b"VALUE = 'evil'\n")
        path.chmod(0o444)
        self.assert_finds("other bytes than its name says")

    def test_a_missing_object(self):
        folder = self.one("objects/*")
        for path in folder.iterdir():
            path.unlink()
        self.assert_finds("it is missing")

    def test_a_missing_file_of_a_tree(self):
        path = self.one("trees/*/site/beta.py")
        path.parent.chmod(0o755)
        path.unlink()
        self.assert_finds("beta.py is missing")

    def test_a_file_that_no_manifest_names(self):
        self.write(self.one("trees/*/site/beta.py").parent / "evil.py", b"evil\n")
        self.assert_finds("evil.py is in no manifest")

    def test_a_changed_mode(self):
        self.one("trees/*/site/alpha/late.py").chmod(0o644)
        self.assert_finds("mode")

    def test_a_manifest_that_is_cut_short(self):
        path = self.one("trees/*/manifest")
        self.write(path, path.read_bytes()[:-1])
        self.assert_finds("its manifest is missing or damaged")

    def test_a_missing_tree(self):
        remove_store(self.one("trees/*"))
        self.assert_finds("it is missing")

    def test_a_missing_layout(self):
        remove_store(self.one("snapshots/*.farm"))
        self.assert_finds(".farm: it is missing")

    def test_a_link_that_leads_nowhere(self):
        path = self.one("snapshots/*.farm/lib/python3*/site-packages/alpha")
        path.parent.chmod(0o755)
        path.unlink()
        path.symlink_to("../../../../../nowhere")
        self.assert_finds("leads nowhere")

    def test_a_link_with_another_target(self):
        path = self.one("snapshots/*.farm/lib/python3*/site-packages/alpha")
        path.parent.chmod(0o755)
        path.unlink()
        path.symlink_to(self.world.home)
        self.assert_finds("leads out of its place")

    def test_a_missing_file_of_a_forest(self):
        path = self.one("snapshots/*.forest/lib/python3*/site-packages/beta.py")
        path.parent.chmod(0o755)
        path.unlink()
        self.assert_finds("site-packages/beta.py is missing")

    def test_a_missing_slot(self):
        remove_store(self.one("bytecode/*"))
        self.assert_finds("leads nowhere")

    def test_a_record_with_other_content(self):
        path = self.one("snapshots/*.json")
        self.write(path, path.read_bytes().replace(b"cpython", b"cpythom"))
        self.assert_finds("its record hashes to another name")

    def test_what_is_half_made_and_visible(self):
        tree = self.one("trees/*")
        name = "0" * 64
        shutil.copytree(tree, tree.parent / name, symlinks=True)
        self.assert_finds("is visible half made")

    def test_a_damaged_page_of_the_index(self):
        path = self.store / "index" / "data.mdb"
        content = bytearray(path.read_bytes())
        for start in range(2 * 4096, len(content), 4096):
            content[start + 2048:start + 4096] = os.urandom(2048)
        path.write_bytes(content)
        self.assertNotEqual(self.world.check()[0], [])

    def test_rows_that_are_lost(self):
        (self.store / "index" / "data.mdb").unlink()
        found, durable = self.world.check("--swept")
        self.assertTrue(any("has no row" in line for line in found), found)
        self.assertEqual(durable, set())


if __name__ == "__main__":
    unittest.main()
