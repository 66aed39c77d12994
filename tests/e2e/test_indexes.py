"""What package indexes are told by settings: strategies, statuses, static metadata."""
import json
import unittest

from index_state import JSON_TYPE
from make_sdist import make_sdist
from settings_world import SettingsTest, SHOW


class Strategies(SettingsTest):
    def test_first_match_exhausts_an_index_before_the_next_one(self):
        folder, server = self.second_index()
        self.other_wheel(folder, "demo", "1.0")
        self.other_wheel(folder, "demo", "1.1rc1")
        self.wheel("demo", "0.5")
        self.wheel("demo", "3.0")
        flags = ("--index", server.url, "--index-strategy", "unsafe-first-match")
        for requirement, version in (("demo", "1.0"), ("demo>1.2", "3.0"), ("demo<1", "0.5"), ("demo!=1.0", "1.1rc1")):
            with self.subTest(requirement):
                script = self.script(SHOW, [requirement])
                self.assertEqual(self.run_ok(*flags, script).stdout, version + "\n")

    def test_first_match_takes_the_file_of_the_first_index_that_has_the_version(self):
        folder, server = self.second_index()
        self.other_wheel(folder, "demo", "1.0", files={"demo.py": "VERSION = 'of the first'\n"})
        self.wheel("demo", "1.0")
        done = self.run_ok("--index", server.url, "--index-strategy", "unsafe-first-match", self.script(SHOW, ["demo"]))
        self.assertEqual(done.stdout, "of the first\n")

    def test_first_match_builds_what_the_first_index_has_only_the_source_of(self):
        folder, server = self.second_index()
        make_sdist(folder, "demo", "1.0", journal=self.home / "journal")
        self.wheel("demo", "1.0")
        flags = ("--index", server.url, "--index-strategy", "unsafe-first-match", "--with", "demo", "python", "-c", SHOW)
        self.run_ok("--no-build", *flags)
        self.assertFalse((self.home / "journal").exists())
        self.run_ok(*flags)
        self.assertIn("wheel demo 1.0", (self.home / "journal").read_text())


class Answers(SettingsTest):
    def test_a_status_that_is_ignored_means_that_the_index_has_no_such_package(self):
        _, server = self.second_index()
        self.wheel("demo", "2.0")
        for status in (401, 403):
            server.reset()
            server.rule("/simple/demo/", status=status)
            self.run_fails("--refresh", self.with_settings(self.index_table(server.url), name="plain.py"))
            script = self.with_settings(self.index_table(server.url, "ignore-error-codes = [%d]" % status),
                                        name="ignore-%d.py" % status)
            self.assertEqual(self.run_ok(script).stdout, "2.0\n")
        self.run_fails(self.with_settings(self.index_table(server.url, 'ignore-error-codes = ["x"]')))

    def test_the_cache_control_of_an_index_replaces_that_of_its_answers(self):
        self.wheel("demo", "1.0")
        self.server.set(cache_control="no-store")
        table = self.index_table(self.server.url, 'cache-control = { api = "max-age=600" }')
        self.run_ok(self.with_settings(table))
        self.server.reset()
        self.run_ok("--no-deps", self.with_settings(table))  # another request, resolved anew
        self.assertEqual(self.server.count("/simple/demo"), 0)

    def page_with(self, **fields):
        self.server.reset()
        name = "demo-1.0-py3-none-any.whl"
        page = {"meta": {"api-version": "1.4", "tracks": ["https://tracked.invalid/simple/demo/"]}, "name": "demo",
                "files": [{"filename": name, "url": "../../files/" + name, "hashes": {}}], **fields}
        self.server.rule("/simple/demo/", body=json.dumps(page), content_type=JSON_TYPE)

    def test_the_status_of_a_project_is_a_warning(self):
        self.wheel("demo", "1.0")
        for status in ("archived", "deprecated", "quarantined"):
            self.page_with(**{"project-status": {"status": status, "reason": "see\x1b[31m other"}})
            done = self.run_ok("--refresh", "--with", "demo", "python", "-c", SHOW)
            self.assertEqual(done.stdout, "1.0\n")
            self.assertIn("warning: demo is %s (see" % status, done.stderr)
            self.assertNotIn("\x1b", done.stderr)
        for fields in ({}, {"project-status": {"status": "active"}}, {"project-status": {"status": "odd"}},
                       {"project-status": 7}):
            self.page_with(**fields)
            self.assertNotIn("warning", self.run_ok("--refresh", "--with", "demo", "python", "-c", SHOW).stderr)

    def test_the_status_is_kept_with_the_page(self):
        self.wheel("demo", "1.0")
        self.page_with(**{"project-status": {"status": "archived"}})
        self.run_ok("--with", "demo", "python", "-c", SHOW)
        again = self.run_ok("--no-deps", "--with", "demo", "python", "-c", SHOW)
        self.assertIn("demo is archived", again.stderr)

    def test_in_html_the_status_is_a_meta_element(self):
        self.wheel("demo", "1.0")
        for rest in ("", "<p>"):  # the scanner, and the parser
            self.server.reset()
            self.server.rule("/simple/demo/", body='<!DOCTYPE html><html><head>'
                             '<meta name="pypi:project-status" content="quarantined">'
                             '<meta name="pypi:project-status-reason" content="malware"></head><body>' + rest +
                             '<a href="../../files/demo-1.0-py3-none-any.whl">demo</a></body></html>')
            done = self.run_ok("--refresh", "--with", "demo", "python", "-c", SHOW)
            self.assertIn("demo is quarantined (malware)", done.stderr)

    def test_an_archived_package_that_another_one_needs_is_no_warning(self):
        self.wheel("demo", "1.0")
        self.wheel("top", "1.0", requires=["demo"])
        self.page_with(**{"project-status": {"status": "archived"}})
        self.assertNotIn("archived", self.run_ok("--with", "top", "python", "-c", SHOW).stderr)


class Options(SettingsTest):
    def setUp(self):
        super().setUp()
        self.wheel("leaf", "1.0")
        self.wheel("leaf", "2.0")
        self.wheel("demo", "1.0", requires=["leaf"])

    def installed(self, *arguments, **options):
        body = ("import importlib.metadata as m\n"
                "print(*sorted(d.name + d.version for d in m.distributions() if d.name in ('demo', 'leaf')))")
        target = () if str(arguments[-1]).endswith(".py") else ("python", "-c", body)
        return self.run_ok(*arguments, *target, **options).stdout.strip()

    def listing(self, settings, dependencies=("demo",), name="script.py"):
        body = ("import importlib.metadata as m\n"
                "print(*sorted(d.name + d.version for d in m.distributions() if d.name in ('demo', 'leaf')))")
        return self.with_settings(settings, body, dependencies, name)

    def test_without_dependencies_only_what_is_named_is_installed(self):
        self.assertEqual(self.installed("--with", "demo"), "demo1.0 leaf2.0")
        self.assertEqual(self.installed("--no-deps", "--with", "demo"), "demo1.0")
        self.assertEqual(self.installed("--with", "demo", env={"PIP_NO_DEPS": "1"}), "demo1.0")
        self.assertEqual(self.installed("--with", "demo"), "demo1.0 leaf2.0")

    def test_stated_metadata_replaces_that_of_the_wheel(self):
        table = '[[tool.uv.dependency-metadata]]\nname = "Demo"\n'
        for lines, result in (('version = "1.0"\nrequires-dist = ["leaf<2"]', "demo1.0 leaf1.0"),
                              ("requires-dist = []", "demo1.0"),
                              ('version = "9"\nrequires-dist = []', "demo1.0 leaf2.0")):
            with self.subTest(lines):
                self.assertEqual(self.installed(self.listing(table + lines)), result)
        self.server.reset()
        self.assertEqual(self.installed("--refresh", self.listing(table + "requires-dist = []")), "demo1.0")
        self.assertEqual(self.server.count(".metadata"), 0)
        done = self.run_fails(self.listing(table + 'requires-python = ">=4"'))
        self.assertIn(">=4", done.stderr)

    def test_stated_metadata_replaces_that_of_a_source_distribution(self):
        journal = self.home / "journal"
        make_sdist(self.wheels, "demo", "2.0", needs=["leaf"], journal=journal)
        make_sdist(self.wheels, "demo", "3.0", needs=["leaf"], journal=journal,
                   pkg_info="Metadata-Version: 2.2\nName: demo\nVersion: 3.0\nRequires-Dist: leaf\n")
        for version in ("2.0", "3.0"):
            stated = ('[[tool.uv.dependency-metadata]]\nname = "demo"\nversion = "%s"\n'
                      'requires-dist = ["leaf<2"]' % version)
            script = self.listing(stated, ["demo==" + version], name="stated-%s.py" % version)
            self.assertEqual(self.installed(script), "demo%s leaf1.0" % version)
            # What was stated is no answer for others.
            self.assertEqual(self.installed("--with", "demo==" + version), "demo%s leaf2.0" % version)
        self.assertEqual(journal.read_text().split("\n")[0], "wheel demo 2.0")

    def test_stated_metadata_counts_in_the_environments_of_builds(self):
        make_sdist(self.wheels, "built", requires=["demo"],
                   code="import demo, importlib.util; assert importlib.util.find_spec('leaf') is None")
        script = self.with_settings('[[tool.uv.dependency-metadata]]\nname = "demo"\nrequires-dist = []', body="import built",
                                    dependencies=["built"])
        self.run_ok(script)

    def test_stated_metadata_replaces_that_of_a_direct_wheel(self):
        wheel = "demo @ %s" % (self.wheels / "demo-1.0-py3-none-any.whl").as_uri()
        table = '[[tool.uv.dependency-metadata]]\nname = "demo"\n'
        self.assertEqual(self.installed(self.listing(table + 'requires-dist = ["leaf<2"]', [wheel])), "demo1.0 leaf1.0")

    def test_stated_metadata_is_read_from_uv_s_files_too(self):
        (self.work / "uv.toml").write_text('[[dependency-metadata]]\nname = "demo"\nrequires-dist = []\n')
        self.assertEqual(self.installed("--with", "demo"), "demo1.0")

    def test_stated_metadata_that_cannot_be_read_is_an_error_with_its_line(self):
        for lines in ('requires-dist = ["((("]', 'version = "x y"', "unheard-of = 1", 'requires-python = "~"'):
            with self.subTest(lines):
                done = self.run_fails(self.listing('[[tool.uv.dependency-metadata]]\nname = "demo"\n' + lines))
                self.assertIn("line ", done.stderr)
                self.assertEqual(done.stderr.count("cannot read"), 1)

    def test_a_mode_for_prereleases_of_one_package(self):
        self.wheel("leaf", "3.0rc1")
        self.wheel("demo", "2.0rc1", requires=["leaf"])
        self.assertEqual(self.installed("--prerelease-package", "leaf=allow", "--with", "demo"), "demo1.0 leaf3.0rc1")
        script = self.listing('[tool.uv]\nprerelease-package = { demo = "allow" }')
        self.assertEqual(self.installed(script), "demo2.0rc1 leaf2.0")
        self.assertEqual(self.installed("--prerelease", "allow", "--prerelease-package", "leaf=disallow", "--with", "demo"),
                         "demo2.0rc1 leaf2.0")
        self.run_fails("--prerelease-package", "leaf=odd", "--with", "demo", "python", code=2)

    def test_metadata_of_more_than_16_megabytes_is_read(self):
        self.wheel("large", "1.0", description="x" * (17 << 20))
        for flags in ((), ("--find-links", self.wheels, "--no-index")):
            self.run_ok(*flags, "--with", "large", "python", "-c", "import large")


if __name__ == "__main__":
    unittest.main()
