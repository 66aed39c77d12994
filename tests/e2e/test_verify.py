"""envstore verify: what a damaged file affects is named, and repair brings back what can be had again."""
import os
import shutil
import subprocess
import unittest
import zipfile

from support import ENVSTORE, remove_tree, TIMEOUT
from store_damage import edit, keep_stamps, VerifyTest, writable


class StoryTest(VerifyTest):
    """One damaged file, from its detection until both environments that use it work again."""

    def setUp(self):
        super().setUp()
        self.wheel("poison-me", files={"poisoned.py": "def answer():\n    return 'right'\n", "big.bin": os.urandom(200_000)})
        self.wheel("beside")
        self.first = self.script("import poisoned; print(poisoned.answer())\n", ["poison-me"], name="first.py")
        self.second = self.script("import poisoned, beside; print(poisoned.answer())\n", ["poison-me", "beside"], name="second.py")
        self.run_ok(self.first)
        self.run_ok("--layout", "forest", self.second)
        self.settle()
        self.good = (self.tree_of("poison-me") / "site/poisoned.py").read_text()
        self.object = self.object_of(self.tree_of("poison-me") / "site/poisoned.py")

    def poison_through_a_copy(self):
        forest = next((self.store / "snapshots").glob("*.forest"))
        copy = self.work / "synced"
        shutil.copytree(forest, copy, symlinks=True, copy_function=os.link)
        target = next(copy.rglob("poisoned.py"))
        text = self.good.replace("right", "wrong")
        with open(writable(target), "w") as stream:
            stream.write(text)
        os.chmod(target, 0o444)

    def test_a_poisoned_file_is_reported_with_everything_it_affects_and_repaired(self):
        waiting = self.script("import poisoned, sys; print('ready', flush=True); sys.stdin.read()\n", ["poison-me"], name="waits.py")
        runner = subprocess.Popen([ENVSTORE, "run", str(waiting)], env=self.env, stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, text=True)
        self.addCleanup(runner.wait, TIMEOUT)
        self.addCleanup(runner.stdout.close)
        self.addCleanup(runner.stdin.close)
        self.assertEqual(runner.stdout.readline(), "ready\n")
        self.poison_through_a_copy()
        self.assertEqual(self.run_ok("--layout", "forest", "--no-project", self.second).returncode, 0)

        report = self.verify(code=3)
        self.assertEqual(self.paths(report), [self.object])
        [damage] = report["found"]
        self.assertEqual(damage["damage"], "changed-content")
        self.assertEqual(damage["packages"], ["poison-me 1.0"])
        self.assertEqual(sorted(damage["snapshots"]), self.snapshots())
        self.assertIn("site/poisoned.py", damage["detail"])
        self.assertTrue({str(self.first), str(self.second)} <= set(damage["requests"]), damage)
        self.assertTrue(any("waits.py" in process["command"] for process in damage["processes"]), damage)

        text = self.envstore("verify")
        self.assertEqual(text.returncode, 3)
        for expected in ("site/poisoned.py", "poison-me 1.0", "first.py", "waits.py", "restart it"):
            self.assertIn(expected, text.stdout)

        healed = self.verify("--repair")
        self.assertEqual([d["outcome"] for d in healed["found"]], ["repaired"])
        self.assertTrue(healed["clean"])
        runner.stdin.close()
        self.assertEqual(self.verify("--full")["found"], [])
        self.assertEqual(self.run_ok(self.first).stdout, "right\n")
        self.assertEqual(self.run_ok("--layout", "forest", self.second).stdout, "right\n")

    def test_the_bytes_come_by_range_reads_of_the_one_member_of_the_wheel(self):
        keep_stamps(self.tree_of("poison-me") / "site/poisoned.py", edit)
        with self.server.state.lock:
            self.server.state.log.clear()
        self.assertEqual(self.verify()["found"], [])  # a quick check cannot detect it
        report = self.verify("--full", "--repair")
        self.assertEqual([d["outcome"] for d in report["found"]], ["repaired"], report)
        self.assertIn("poison_me-1.0", report["found"][0]["outcome_detail"])
        with self.server.state.lock:
            requests = [entry for entry in self.server.state.log if entry["path"].startswith("/files/")]
        wheel = next(self.wheels.glob("poison_me*"))
        with zipfile.ZipFile(wheel) as archive:
            members = archive.infolist()
            member = archive.getinfo("poisoned.py")
        self.assertEqual(len(requests), 2, requests)
        self.assertEqual(requests[0]["range"], "bytes=-16384")
        first, last = map(int, requests[1]["range"].removeprefix("bytes=").split("-"))
        self.assertEqual(first, member.header_offset)
        self.assertLess(last - first, 30 + len("poisoned.py") + 512 + member.compress_size)
        self.assertGreater(len(members), 3)
        self.assertEqual((self.tree_of("poison-me") / "site/poisoned.py").read_text(), self.good)

    def test_bytecode_of_a_poisoned_source_goes_with_the_poison(self):
        keep_stamps(self.tree_of("poison-me") / "site/poisoned.py",
                    lambda path: writable(path).write_text(self.good.replace("right", "wrong")))
        remove_tree(self.store / "bytecode" / self.tree_of("poison-me").name / "0")
        (self.store / "bytecode" / self.tree_of("poison-me").name / "0").mkdir(0o555)
        for marker in (self.store / "bytecode").rglob("complete*"):
            marker.unlink()
        self.assertEqual(self.run_ok("--compile-bytecode", "--refresh", self.first).stdout, "wrong\n")
        self.verify("--full", "--repair")
        self.assertEqual(self.run_ok(self.first).stdout, "right\n")
        self.assertEqual(self.verify("--full")["found"], [])

    def test_what_cannot_be_restored_is_set_aside_and_the_next_run_provides_it_again(self):
        keep_stamps(self.tree_of("poison-me") / "site/poisoned.py", edit)
        report = self.verify("--full", "--repair", "--offline", code=3)
        self.assertEqual([d["outcome"] for d in report["found"]], ["set-aside"], report)
        self.assertIn("--offline", report["found"][0]["outcome_detail"])
        self.assertEqual(self.verify("--full")["found"], [])
        self.assertEqual(self.run_ok(self.first).stdout, "right\n")
        self.assertEqual(self.run_ok("--layout", "forest", self.second).stdout, "right\n")
        self.assertEqual(self.verify("--full")["found"], [])

    def test_a_lost_index_is_made_again(self):
        shutil.rmtree(self.store / "index")
        shutil.rmtree(self.store / "volatile")
        self.assertEqual(self.envstore("verify").returncode, 1)
        report = self.verify("--rebuild-index")
        self.assertEqual(report["rebuilt"]["trees"], 2)
        self.assertEqual(report["rebuilt"]["skipped"], [])
        self.assertEqual(self.run_ok("--offline", self.first).stdout, "right\n")

    def test_a_copied_store_is_hashed_and_its_new_stamps_are_recorded(self):
        copy = self.home / "copy"
        subprocess.run(["cp", "-a", str(self.store), str(copy)], check=True)
        env = {"ENVSTORE_ROOT": str(copy)}
        report = self.verify(env=env)
        self.assertEqual(report["found"], [])
        self.assertGreater(report["stamps_renewed"], 5)
        again = self.verify(env=env)
        self.assertEqual((again["found"], again["stamps_renewed"], again["files_hashed"]), ([], 0, 0))

    def test_a_sample_hashes_those_that_were_hashed_longest_ago(self):
        first = self.verify("--sample", "30%")
        self.assertGreater(first["files_hashed"], 0)
        whole = self.verify("--full")
        self.assertLess(first["files_hashed"], whole["files_hashed"])
        self.assertEqual(self.envstore("verify", "--sample", "none").returncode, 2)
        self.assertEqual(self.envstore("verify", "--sample", "0").returncode, 2)

    def test_the_json_has_the_fields_of_its_page(self):
        self.poison_through_a_copy()
        report = self.verify(code=3)
        self.assertEqual(set(report), {"clean", "found", "foreign_bytecode", "spares_dropped", "files_looked_at", "files_hashed", "bytes_hashed",
                                       "stamps_renewed", "rebuilt"})
        self.assertEqual(set(report["found"][0]), {"damage", "path", "detail", "blob", "tree", "snapshot", "packages",
                                                   "snapshots", "requests", "roots", "processes", "outcome", "outcome_detail"})
        self.assertEqual(report["found"][0]["outcome"], "left")
        self.assertIs(report["clean"], False)
        self.assertIsNone(report["rebuilt"])


if __name__ == "__main__":
    unittest.main()
