"""pin, unpin, ls, du and why: what is kept, what uses the space, and why."""
import json
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from support import EnvstoreTest, TIMEOUT

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


class DuWhyPinTest(EnvstoreTest):
    def setUp(self):
        super().setUp()
        self.wheel("alpha")
        self.wheel("beta")
        self.path = self.script("import alpha\n", ["alpha"])

    def ok(self, *arguments, **options):
        done = self.envstore(*arguments, **options)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def fails(self, *arguments, code=1):
        done = self.envstore(*arguments)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        self.assertIn("error: cannot ", done.stderr)
        self.assertIn("hint: ", done.stderr)
        return done.stderr

    def listed(self):
        return json.loads(self.ok("ls", "--json"))

    def test_a_pinned_script_keeps_what_it_runs_in(self):
        self.run_ok(self.path)
        self.ok("pin", "script.py")
        (root,) = self.listed()["roots"]
        self.assertEqual((root["kind"], root["name"]), ("pin", str(self.path)))
        self.assertEqual([root["snapshot"]], self.snapshots())
        (snapshot,) = self.listed()["snapshots"]
        self.assertEqual(snapshot["held_by"], [str(self.path)])
        self.assertGreater(snapshot["own_bytes"], 0)
        self.ok("unpin", "script.py")
        self.assertEqual(self.listed()["roots"], [])

    def test_what_was_never_run_is_provided_and_needs_no_network_then(self):
        self.ok("pin", "--with", "beta", self.path)
        self.assertEqual(len(self.listed()["roots"]), 2)  # one for each layer
        self.run_ok("--offline", "--with", "beta", self.path)
        self.assertEqual(self.ok("unpin", str(self.path)).strip()[-11:], "2 snapshots")

    def test_pinning_again_under_a_name_replaces_what_it_kept(self):
        self.ok("pin", "--name", "tools", "alpha")
        self.ok("pin", "--name", "tools", "alpha", "beta")
        (root,) = self.listed()["roots"]
        (kept,) = [s for s in self.listed()["snapshots"] if s["id"] == root["snapshot"]]
        self.assertEqual([p["name"] for p in kept["packages"]], ["alpha", "beta"])

    def test_a_snapshot_is_pinned_and_unpinned_by_the_first_digits_of_its_id(self):
        self.run_ok(self.path)
        (identity,) = self.snapshots()
        self.assertIn(identity, self.ok("pin", identity[:8]))
        self.assertEqual([r["name"] for r in self.listed()["roots"]], [identity])
        self.ok("unpin", identity[:8])

    def test_what_cannot_be_pinned_is_an_error_with_a_hint(self):
        self.fails("pin", code=2)
        self.fails("pin", "missing.py")
        self.fails("pin", "no-such-package")
        self.assertIn("no snapshot's id begins with 'abad1dea'", self.fails("pin", "abad1dea"))
        self.fails("pin", self.script("pass\n", name="plain.py"), code=2)
        self.ok("pin", "--name", "tools", "alpha")
        self.assertIn("did you mean 'tools'?", self.fails("unpin", "tool"))
        self.fails("unpin", code=2)

    def test_du_counts_each_file_once_and_adds_up(self):
        self.run_ok(self.path)
        self.run_ok("--with", "alpha,beta", "python", "-c", "import alpha, beta")
        usage = json.loads(self.ok("du", "--json"))
        on_disk = [p.stat() for p in (self.store / "objects").glob("*/*")]
        self.assertEqual(usage["files"], len(on_disk))
        self.assertEqual(usage["total_bytes"], sum(-(-s.st_size // 4096) * 4096 for s in on_disk))
        own = sum(p["own_bytes"] for p in usage["packages"])
        self.assertEqual(own + usage["shared_bytes"] + usage["unnamed_bytes"], usage["total_bytes"])
        self.assertIn("beta 1.0  in 1 snapshot", self.ok("du"))

    def test_du_of_an_empty_store_counts_no_bytes(self):
        self.assertTrue(self.ok("du").startswith("0 B in 0 files"))
        self.assertIn("The store is empty", self.html())

    def html(self):
        self.ok("du", "--html", "usage.html")
        return (self.work / "usage.html").read_text()

    def test_the_page_names_no_other_and_quotes_what_it_shows(self):
        path = self.script("import alpha\n", ["alpha"], name="<img src=x onerror=alert(1)>.py")
        self.run_ok(path)
        page = self.html()
        self.assertNotIn("<img", page)
        self.assertIn("&lt;img", page)
        self.assertIsNone(re.search(r"(src|href)=[\"'](?!#)", page))

    @unittest.skipUnless(CHROMIUM, "there is no Chromium here")
    def test_the_page_works_in_a_browser_with_the_keyboard_and_reduced_motion(self):
        self.run_ok("--with", "alpha,beta", "python", "-c", "pass")
        page = self.html()
        # A script in the page does what a reader would do; the result is read from the document.
        probe = """<script>{
        const seen = [];
        window.addEventListener('error', event => seen.push('error ' + event.message));
        const tiles = [...document.querySelectorAll('.map a')];
        tiles[0].focus();
        tiles[0].dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowRight', bubbles: true}));
        seen.push('focus ' + tiles.indexOf(document.activeElement));
        document.querySelector('th button').click();
        seen.push('sorted ' + document.querySelector('th').getAttribute('aria-sort') + ' ' +
                  document.querySelector('tbody td').textContent);
        seen.push('motion ' + getComputedStyle(tiles[0]).transitionDuration);
        const boxes = tiles.map(tile => tile.getBoundingClientRect());
        const area = boxes.reduce((sum, box) => sum + box.width * box.height, 0);
        const map = document.querySelector('.map').getBoundingClientRect();
        seen.push('covered ' + Math.round(100 * area / (map.width * map.height)));
        seen.push('targets ' + tiles.every(tile => document.querySelector(tile.getAttribute('href'))));
        document.body.append(Object.assign(document.createElement('pre'), {textContent: seen.join('|')}));
        }</script></body>"""
        (self.work / "usage.html").write_text(page.replace("</body>", probe))
        with tempfile.TemporaryDirectory() as profile:
            done = subprocess.run(
                [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--force-prefers-reduced-motion",
                 "--user-data-dir=" + profile, "--dump-dom", (self.work / "usage.html").as_uri()],
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=TIMEOUT)
        outcome = re.search(r"<pre>(.*)</pre>", done.stdout)
        self.assertIsNotNone(outcome, done.stderr)
        self.assertEqual(
            outcome.group(1).split("|"),
            ["focus 1", "sorted descending beta 1.0", "motion 0s", "covered 100", "targets true"])

    def test_why_finds_each_thing_by_each_of_its_names(self):
        self.run_ok(self.path)
        (identity,) = self.snapshots()
        tree = next(p for p in (self.store / "trees").iterdir() if (p / "site" / "alpha.py").exists())
        module = tree / "site" / "alpha.py"
        blob = next(p for p in (self.store / "objects").glob("*/*") if p.samefile(module))
        names = {
            "snapshot": [identity, identity[:6], self.store / "snapshots" / (identity + ".farm")],
            "package": ["alpha", "alpha==1.0", "Alpha", tree.name, tree],
            "file": [module, blob, blob.parent.name + blob.name],
            "script": ["script.py", self.path],
        }
        for kind, words in names.items():
            for word in words:
                with self.subTest(word=word):
                    answer = json.loads(self.ok("why", "--json", word))
                    self.assertEqual(answer["kind"], kind)
                    self.assertEqual([s["id"] for s in answer["snapshots"]], [identity])
                    self.assertEqual(answer["requests"], [str(self.path)])

    def test_why_names_pins_and_running_processes(self):
        self.ok("pin", "--name", "tools", "alpha")
        inside = self.ok("run", "--with", "alpha", "python", "-c",
                         "import subprocess, sys; subprocess.run(sys.argv[1:])",
                         *[__import__("os").environ["ENVSTORE_PROGRAM"], "why", "--json", "alpha"])
        (snapshot,) = json.loads(inside)["snapshots"]
        # The run that calls `why` and possibly the background process that compiles its modules.
        self.assertEqual(list(dict.fromkeys(k["why"] for k in snapshot["kept_by"])), ["lease", "root", "grace"])
        self.assertEqual([k["detail"] for k in snapshot["kept_by"] if k["why"] == "root"], ["tools"])

    def test_why_uses_the_configured_grace_time(self):
        self.ok("run", "--with", "alpha", "python", "-c", "")
        self.assertIn("kept by grace", self.ok("why", "alpha"))
        self.env["ENVSTORE_GC_GRACE"] = "0s"
        self.assertNotIn("kept by grace", self.ok("why", "alpha"))

    def test_why_of_an_unknown_thing_is_an_error_that_names_it(self):
        self.fails("why", "no-such-package")
        self.fails("why", "alpha==9")
        self.fails("why", pathlib.Path("/etc/passwd"))
        self.fails("why", code=2)


if __name__ == "__main__":
    unittest.main()
