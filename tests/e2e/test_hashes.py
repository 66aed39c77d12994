"""Hashes and metadata that package indexes state, and hashes that requirements demand, are checked and bind."""
import hashlib
import pathlib
import unittest

from hostile_pages import ALGORITHMS, digest_of, HostileTest


class StatedHashes(HostileTest):
    def check(self, format, algorithm):
        wheel = self.wheel("demo")
        right = digest_of(wheel, algorithm)
        wrong = "0" * len(right)
        for digest, code in ((wrong, 1), (right, 0)):
            if format == "html":
                self.page(wheel, fragment="#%s=%s" % (algorithm, digest))
            else:
                self.page(wheel, format, hashes={algorithm: digest})
            done = self.with_demo("--refresh")
            self.assertEqual(done.returncode, code, (algorithm, digest, done.stderr))

    def test_a_page_of_html_is_held_to_its_hash_of_any_algorithm(self):
        for algorithm in ALGORITHMS:
            with self.subTest(algorithm):
                self.store = self.home / algorithm
                self.env["ENVSTORE_ROOT"] = str(self.store)
                self.check("html", algorithm)

    def test_a_page_of_json_is_held_to_its_hash_of_any_algorithm(self):
        for algorithm in ALGORITHMS:
            with self.subTest(algorithm):
                self.store = self.home / algorithm
                self.env["ENVSTORE_ROOT"] = str(self.store)
                self.check("json", algorithm)

    def test_one_wrong_hash_among_right_ones_is_noticed(self):
        wheel = self.wheel("demo")
        hashes = {name: digest_of(wheel, name) for name in ALGORITHMS}
        for name in ALGORITHMS:
            self.page(wheel, "json", hashes=dict(hashes, **{name: "1" * len(hashes[name])}))
            done = self.with_demo("--refresh")
            self.assertEqual(done.returncode, 1, name)
            self.assertIn(name, done.stderr)
        self.page(wheel, "json", hashes=hashes)
        self.assertEqual(self.with_demo("--refresh").returncode, 0)

    def test_a_malformed_hash_refuses_every_file(self):
        self.page(self.wheel("demo"), fragment="#sha256=abc")
        self.assertIn("no such digest", self.with_demo().stderr)

    def test_a_page_in_a_folder_is_held_to_its_hashes(self):
        wheel = pathlib.Path(self.wheel("demo"))
        for algorithm, code in (("sha512", 1), ("sha256", 1)):
            page = self.wheels / "page.html"
            page.write_text('<a href="%s#%s=%s">x</a>' % (wheel.name, algorithm, "0" * len(digest_of(wheel, algorithm))))
            self.assertEqual(self.with_demo("--no-index", "--find-links", page).returncode, code)

    def test_metadata_is_held_to_its_hash_of_any_algorithm(self):
        wheel = self.wheel("demo")
        for algorithm in ("md5", "sha512", "blake2b"):
            wrong = "0" * hashlib.new(algorithm).digest_size * 2
            self.page(wheel, "json", hashes={"sha256": digest_of(wheel, "sha256")}, **{"core-metadata": {algorithm: wrong}})
            done = self.with_demo("--refresh")
            self.assertEqual(done.returncode, 1, algorithm)
            self.assertIn(algorithm, done.stderr)


class Metadata(HostileTest):
    def serve(self, text):
        wheel = self.wheel("demo")
        self.page(wheel, "json", hashes={"sha256": digest_of(wheel, "sha256")}, **{"core-metadata": True})
        self.server.rule("/files/%s.metadata" % pathlib.Path(wheel).name, body=text)

    def test_metadata_of_another_project_or_version_is_refused(self):
        for name, version in (("other", "1.0"), ("demo", "2.0")):
            self.serve("Metadata-Version: 2.1\nName: %s\nVersion: %s\n" % (name, version))
            done = self.with_demo()
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertIn("its metadata is about %s %s" % (name, version), done.stderr)

    def test_metadata_that_the_wheel_does_not_have_is_noticed_when_it_comes_and_not_kept(self):
        self.wheel("extra")
        self.serve("Metadata-Version: 2.1\nName: demo\nVersion: 1.0\nRequires-Dist: extra\n")
        done = self.with_demo()
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("METADATA", done.stderr)
        wheel = self.wheels / "demo-1.0-py3-none-any.whl"
        self.page(wheel, "json", hashes={"sha256": digest_of(wheel, "sha256")})
        self.assertEqual(self.with_demo("--refresh").returncode, 0)

    def test_metadata_of_one_index_does_not_count_for_a_wheel_of_another(self):
        self.wheel("extra")
        self.serve("Metadata-Version: 2.1\nName: demo\nVersion: 1.0\nRequires-Dist: extra\n")
        self.assertEqual(self.with_demo().returncode, 1)
        self.server.reset()
        done = self.with_demo("--index", self.server.root + "/auth/simple/".replace("/auth", ""), "-v")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("extra", done.stderr)


class RequiredHashes(HostileTest):
    def requirements(self, text):
        path = self.work / "requirements.txt"
        path.write_text(text)
        return path

    def run_file(self, text, *flags, code=0, **options):
        done = self.envstore("run", *flags, "--with-requirements", self.requirements(text), "python", "-c",
                             "import demo", **options)
        self.assertEqual(done.returncode, code, text + done.stderr)
        return done.stderr

    def test_demanded_hashes_of_wheels_in_a_folder(self):
        folder = ("--no-index", "--find-links", self.wheels)
        wheel = self.wheel("demo")
        self.wheel("demo", tag="py2.py3-none-any", files={"demo.py": "raise SystemExit(9)\n"})
        for algorithm in ("sha256", "sha384", "sha512", "sha3_256", "blake2b"):
            right = digest_of(wheel, algorithm)
            self.run_file("demo==1.0 --hash=%s:%s" % (algorithm, right), *folder)
            self.run_file("demo==1.0 --hash=%s:%s" % (algorithm, "0" * len(right)), *folder, code=1)

    def test_required_hashes_of_an_index_with_another_algorithm(self):
        wheel = self.wheel("demo")
        for algorithm in ("sha256", "sha512"):
            self.page(wheel, fragment="#md5=" + digest_of(wheel, "md5"))
            right = digest_of(wheel, algorithm)
            self.run_file("demo==1.0 --hash=%s:%s" % (algorithm, "0" * len(right)), "--refresh", code=1)
            self.run_file("demo==1.0 --hash=%s:%s" % (algorithm, right), "--refresh")

    def test_a_wheel_that_the_store_has_must_meet_the_demanded_hash_too_and_is_fetched_for_it_once(self):
        wheel = self.wheel("demo")
        self.assertEqual(self.with_demo().returncode, 0)
        right = digest_of(wheel, "sha512")
        self.run_file("demo==1.0 --hash=sha512:" + "0" * len(right), code=1)
        self.run_file("demo==1.0 --hash=sha512:" + right)
        self.server.reset()
        self.run_file("demo>=1.0 --hash=sha512:" + right)
        self.assertEqual([r["path"] for r in self.server.requests() if r["path"].endswith(".whl")], [])

    def test_hashes_that_are_weak_or_cannot_be_checked_are_errors(self):
        wheel = self.wheel("demo")
        for bad in ("md5:" + digest_of(wheel, "md5"), "sha1:" + digest_of(wheel, "sha1"), "sha999:" + "0" * 64,
                    "sha256:" + "0" * 63, "sha256:" + "g" * 64, digest_of(wheel, "sha256")):
            self.run_file("demo==1.0 --hash=" + bad, code=1)

    def test_hashes_are_required_by_a_line_a_variable_and_pips_file(self):
        self.wheel("demo")
        self.assertIn("hashes are required", self.run_file("--require-hashes\ndemo==1.0\n", code=1))
        for name in ("ENVSTORE", "UV", "PIP"):
            self.assertIn("hashes are required", self.run_file("demo==1.0\n", code=1, env={name + "_REQUIRE_HASHES": "1"}))
        pip = self.home / ".config" / "pip"
        pip.mkdir(parents=True)
        (pip / "pip.conf").write_text("[global]\nrequire-hashes = true\n")
        self.assertIn("hashes are required", self.run_file("demo==1.0\n", code=1))
        self.assertIn("hashes are required", self.run_fails(self.script("", ["demo"])).stderr)
        self.assertEqual(self.server.requests(), [])

    def test_a_dependency_needs_a_hash_too(self):
        self.wheel("leaf")
        wheel = self.wheel("demo", requires=["leaf"])
        line = "demo==1.0 --hash=sha256:" + digest_of(wheel, "sha256")
        self.assertIn("leaf", self.run_file(line, code=1))
        self.assertIn("hashes are required", self.run_file(line, code=1))

    def test_a_requirement_of_another_platform_needs_none(self):
        wheel = self.wheel("demo")
        self.run_file("demo==1.0 --hash=sha256:%s\nother; sys_platform == 'win32'\n" % digest_of(wheel, "sha256"))

    def test_the_address_of_a_wheel_is_held_to_its_hash_and_counts_as_one(self):
        wheel = self.wheel("demo")
        for address in ("file://%s" % wheel, "%s/files/%s" % (self.server.root, pathlib.Path(wheel).name)):
            for algorithm in ("md5", "sha1", "sha256", "sha512", "sha3_256", "blake2s"):
                right = digest_of(wheel, algorithm)
                wrong = "0" * len(right)
                self.run_file("demo @ %s#%s=%s" % (address, algorithm, wrong), code=1)
                self.run_file("demo @ %s#egg=demo&%s=%s" % (address, algorithm, right))
            for bad in ("sha999=" + "0" * 64, "sha256=" + "0" * 63):
                self.assertIn("cannot be checked", self.run_file("demo @ %s#%s" % (address, bad), code=1))
            self.run_file("--require-hashes\ndemo @ %s#sha256=%s" % (address, digest_of(wheel, "sha256")))
            self.run_file("--require-hashes\ndemo @ %s#md5=%s" % (address, digest_of(wheel, "md5")), code=1)


if __name__ == "__main__":
    unittest.main()
