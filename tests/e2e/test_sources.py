"""Sources of packages in the block of a script: wheels by path and URL, indexes, and what is refused."""
import unittest

from settings_world import SettingsTest


class Sources(SettingsTest):
    def setUp(self):
        super().setUp()
        self.wheel("demo", "9.0")  # the package of the same name in the package index
        self.server.reset()

    def source(self, entry, **options):
        return self.with_settings("[tool.uv.sources]\ndemo = %s" % entry, **options)

    def test_a_source_that_cannot_be_honoured_is_refused_with_key_line_and_hint(self):
        (self.work / "demo").mkdir()
        for entry in ('{ path = "demo" }', '{ path = "demo", editable = true }', '{ path = "demo.tar.gz" }',
                      '{ git = "https://127.0.0.1/demo" }', '{ git = "https://127.0.0.1/demo", rev = "1", subdirectory = "x" }',
                      '{ workspace = true }', '{ url = "https://127.0.0.1/demo-1.tar.gz" }', '[{ git = "https://127.0.0.1/demo" }]'):
            with self.subTest(entry):
                for arguments in ((), ("-q",), ("--offline",)):
                    self.assert_refused((*arguments, self.source(entry)), "demo", "tool.uv.sources", "line 6", "--no-sources")
        self.assertEqual(self.server.count("/simple/demo"), 0)

    def test_no_sources_takes_the_index(self):
        script = self.source('{ path = "demo" }')
        self.assertEqual(self.run_ok("--no-sources", script).stdout, "9.0\n")
        self.assertEqual(self.run_ok("--no-sources-package", "Demo", script).stdout, "9.0\n")
        self.assertEqual(self.run_ok(script, env={"UV_NO_SOURCES": "1"}).stdout, "9.0\n")
        self.run_fails(script)  # the flags of an earlier run have no effect on this one

    def test_a_source_of_a_package_that_is_not_required_has_no_effect(self):
        self.wheel("other")
        script = self.source('{ git = "https://127.0.0.1/demo" }', body="print(1)", dependencies=["other"])
        self.assertEqual(self.run_ok(script).stdout, "1\n")

    def test_a_wheel_by_path_is_installed_and_a_changed_one_is_seen(self):
        local = self.home / "local"
        local.mkdir()
        self.other_wheel(local, "demo", "1.0")
        script = self.source('{ path = "../local/demo-1.0-py3-none-any.whl" }')
        self.assertEqual(self.run_ok(script).stdout, "1.0\n")
        self.other_wheel(local, "demo", "1.0", files={"demo.py": "VERSION = 'anew'\n"})
        self.assertEqual(self.run_ok(script).stdout, "anew\n")

    def test_a_wheel_by_address_is_installed(self):
        folder, server = self.second_index()
        self.other_wheel(folder, "demo", "1.0")
        script = self.source('{ url = "%s/files/demo-1.0-py3-none-any.whl" }' % server.root)
        self.assertEqual(self.run_ok(script).stdout, "1.0\n")

    def test_the_marker_of_a_source_decides_whether_it_counts(self):
        never = '{ git = "https://127.0.0.1/demo", marker = "sys_platform == \'win32\'" }'
        self.assertEqual(self.run_ok(self.source(never)).stdout, "9.0\n")
        folder, server = self.second_index()
        self.other_wheel(folder, "demo", "1.0")
        both = '[%s, { url = "%s/files/demo-1.0-py3-none-any.whl", marker = "sys_platform == \'linux\'" }]' % (never, server.root)
        self.assertEqual(self.run_ok(self.source(both)).stdout, "1.0\n")

    def test_an_index_is_searched_only_for_the_packages_that_are_bound_to_it(self):
        folder, server = self.second_index()
        self.other_wheel(folder, "demo", "1.0", requires=["leaf"])
        self.other_wheel(folder, "leaf", "1.0")
        self.wheel("leaf", "2.0")
        script = self.with_settings(
            '[[tool.uv.index]]\nname = "inner"\nurl = "%s"\nexplicit = true\n[tool.uv.sources]\ndemo = { index = "inner" }' % server.url,
            body="import demo, leaf; print(demo.VERSION, leaf.VERSION)")
        self.assertEqual(self.run_ok(script).stdout, "1.0 2.0\n")
        self.assertEqual(self.server.count("/simple/demo"), 0)
        self.assertEqual(server.count("/simple/leaf"), 0)

    def test_an_explicit_index_is_searched_for_no_other_package(self):
        folder, server = self.second_index()
        self.other_wheel(folder, "demo", "1.0")
        for name in ("a.py", "b.py"):
            script = self.with_settings('[[tool.uv.index]]\nname = "inner"\nurl = "%s"\nexplicit = true' % server.url, name=name)
            self.assertEqual(self.run_ok(script).stdout, "9.0\n")
        self.assertEqual(server.count("/"), 0)

    def test_a_bound_package_is_never_taken_from_elsewhere(self):
        _, server = self.second_index()
        script = self.with_settings(
            '[[tool.uv.index]]\nname = "inner"\nurl = "%s"\n[tool.uv.sources]\ndemo = { index = "inner" }' % server.url)
        self.assert_refused(("--find-links", self.wheels, script), "demo")

    def test_an_index_that_is_not_declared_is_named(self):
        self.assert_refused(self.source('{ index = "inner" }'), "'inner'", "line 6", code=2)
        folder, server = self.second_index()
        self.other_wheel(folder, "demo", "1.0")
        given = self.run_ok("--index", "inner=" + server.url, self.source('{ index = "inner" }'))
        self.assertEqual(given.stdout, "1.0\n")

    def test_sources_are_the_script_s_and_not_of_a_layer_above_it(self):
        script = self.source('{ git = "https://127.0.0.1/demo" }', dependencies=[])
        self.assertEqual(self.run_ok("--with", "demo", script).stdout, "9.0\n")


if __name__ == "__main__":
    unittest.main()
