"""Settings and variables that change what is installed are honoured or refused, never ignored."""
import pathlib
import unittest

from settings_world import ago, SettingsTest, SHOW


class Indexes(SettingsTest):
    def test_a_flat_index_is_one_page(self):
        folder, server = self.second_index()
        self.other_wheel(folder, "demo", "1.0")
        self.wheel("demo", "9.0")
        script = self.with_settings('[[tool.uv.index]]\nurl = "%s"\nformat = "flat"' % server.flat_url)
        self.assertEqual(self.run_ok(script).stdout, "1.0\n")

    def test_keys_of_an_index_that_would_change_it_are_refused(self):
        for key in ('exclude-newer = "2020-01-01"', 'unheard-of = 1', 'format = "odd"'):
            with self.subTest(key):
                script = self.with_settings('[[tool.uv.index]]\nurl = "%s"\n%s' % (self.server.url, key))
                self.assert_refused(script, "line 7")

    def test_an_empty_address_counts_as_none(self):
        self.wheel("demo", "1.0")
        script = self.script(SHOW, ["demo"])
        for flag in ("--index", "--default-index", "--extra-index-url", "--index-url", "--find-links"):
            with self.subTest(flag):
                self.assertEqual(self.run_ok(flag, "", "--refresh", script).stdout, "1.0\n")

    def test_best_match_looks_at_all_indexes(self):
        folder, server = self.second_index()
        self.other_wheel(folder, "demo", "1.0")
        self.wheel("demo", "2.0")
        script = self.script(SHOW, ["demo"])
        self.assertEqual(self.run_ok("--index", server.url, script).stdout, "1.0\n")
        best = self.run_ok("--index", server.url, "--index-strategy", "unsafe-best-match", script)
        self.assertEqual(best.stdout, "2.0\n")
        self.assertEqual(self.run_ok(script, env={"UV_INDEX": server.url, "UV_INDEX_STRATEGY": "unsafe-best-match"}).stdout, "2.0\n")
        self.run_fails("--index-strategy", "odd", script, code=2)

    def test_a_named_index_takes_its_credentials_from_variables(self):
        self.wheel("demo")
        self.server.set_behaviour("auth", ["me", "pass word"])
        script = self.with_settings('[[tool.uv.index]]\nname = "in-ner"\nurl = "%s"\ndefault = true' % self.server.url)
        env = {"UV_DEFAULT_INDEX": "", "UV_INDEX_IN_NER_USERNAME": "me", "UV_INDEX_IN_NER_PASSWORD": "pass word"}
        self.run_ok(script, env=env)

    def test_the_keyring_is_called_unless_a_source_with_priority_disables_it(self):
        self.wheel("demo")
        self.server.set_behaviour("auth", ["me", "secret"])
        tools = self.home / "tools"
        tools.mkdir()
        (tools / "keyring").write_text("#!/bin/sh\nprintf 'me\\nsecret\\n'\n")
        (tools / "keyring").chmod(0o755)
        script = self.script(SHOW, ["demo"])
        env = {"PATH": "%s:%s" % (tools, self.env["PATH"]), "UV_KEYRING_PROVIDER": "subprocess"}
        self.run_fails("--keyring-provider", "disabled", script, env=env)
        self.run_fails(script, env={**env, "ENVSTORE_KEYRING_PROVIDER": "disabled"})
        self.assertEqual(self.run_ok(script, env=env).stdout, "1.0\n")

    def test_offline_in_a_script_sends_no_request(self):
        self.wheel("demo")
        script = self.with_settings("[tool.uv]\noffline = true")
        self.run_fails(script)
        self.assertEqual(self.server.log(), [])
        self.run_ok(self.script("import demo", ["demo"], name="online.py"))
        self.run_ok(script)


class Keys(SettingsTest):
    def setUp(self):
        super().setUp()
        self.wheel("demo", "1.0"), self.wheel("demo", "2.0")

    def test_a_key_that_would_change_what_is_installed_is_refused_with_its_line(self):
        for key in ('torch-backend = "cpu"', "upgrade = true",
                    'environments = ["sys_platform == \'win32\'"]', 'conflicts = [[]]', 'workspace = { members = ["x"] }',
                    'dev-dependencies = ["x"]', 'pip = { no-deps = true }', "unheard-of = 1", 'exclud-newer = "2020-01-01"'):
            with self.subTest(key):
                script = self.with_settings("[tool.uv]\n" + key)
                for arguments in ((), ("-q",)):
                    self.assert_refused((*arguments, script), "line 6, column 3", "'tool.uv." + key.split()[0] + "'", "hint: ")

    def test_a_value_without_effect_is_accepted(self):
        script = self.with_settings('[tool.uv]\nprerelease-package = {}\ndependency-metadata = []\nupgrade = false')
        self.assertEqual(self.run_ok(script).stdout, "2.0\n")

    def test_harmless_keys_are_accepted_silently(self):
        script = self.with_settings(
            '[tool.uv]\nno-build = true\nno-build-package = ["x"]\nlink-mode = "copy"\ncompile-bytecode = true\nnative-tls = true\n'
            'concurrent-downloads = 1\npreview = true\nrequired-version = ">=0.1"\ncache-keys = [{ file = "x" }]\n'
            'build-constraint-dependencies = ["x<1"]\nconfig-settings = { a = "b" }\npublish-url = "https://127.0.0.1"\n'
            'python-downloads = "never"\nallow-insecure-host = ["h"]')
        done = self.run_ok(script)
        self.assertEqual(done.stdout, "2.0\n")
        self.assertNotIn("warning", done.stderr)

    def test_constraints_overrides_and_exclusions(self):
        self.wheel("top", requires=["demo>=2", "unwanted"])
        script = self.with_settings('[tool.uv]\nconstraint-dependencies = ["demo<2"]')
        self.assertEqual(self.run_ok(script).stdout, "1.0\n")
        script = self.with_settings('[tool.uv]\noverride-dependencies = ["demo==1.0"]\nexclude-dependencies = ["Unwanted"]',
                                    dependencies=["top"])
        self.assertEqual(self.run_ok(script).stdout, "1.0\n")

    def test_a_misspelt_field_of_the_block_is_an_error(self):
        for field in ("dependecies", "requires_python", "Dependencies"):
            with self.subTest(field):
                script = self.work / "bad.py"
                script.write_text("# /// script\n# %s = []\n# ///\n" % field)
                self.assert_refused(script, "line 2", field)

    def test_a_lock_beside_the_script_is_never_passed_over(self):
        script = self.script(SHOW, ["demo"])
        self.assertEqual(self.run_ok(script).stdout, "2.0\n")
        lock = pathlib.Path(str(script) + ".lock")
        lock.write_text("version = 1\n")
        for arguments in ((), ("-q",), ("--offline",)):
            done = self.run_fails(*arguments, script)
            self.assertIn("script.py.lock", done.stderr)
            self.assertIn("--no-lock", done.stderr)
        self.assertEqual(self.run_ok("--no-lock", script).stdout, "2.0\n")
        self.run_fails(script)
        lock.unlink()
        self.assertEqual(self.run_ok(script).stdout, "2.0\n")


class ExcludeNewer(SettingsTest):
    def setUp(self):
        super().setUp()
        self.wheel("demo", "1.0"), self.wheel("demo", "2.0")
        self.upload(demo_1=ago(days=20), demo_2=ago(days=3))

    def version(self, *arguments, **options):
        return self.run_ok(*arguments, self.script(SHOW, ["demo"]), **options).stdout.strip()

    def test_spans(self):
        for span in ("7 days", "P7D", "p7d", "1 week", "1w", "168 hours", "7d", "1w, 1 hour", "168:00:00", "P1W", "PT168H", "-7 days",
                     "7 days ago"):
            self.assertEqual(self.version("--exclude-newer", span), "1.0", span)
        for span in ("2 days", "PT47H", "1 day 2 hours", "90min"):
            self.assertEqual(self.version("--exclude-newer", span), "2.0", span)

    def test_times_in_every_spelling(self):
        moment = ago(days=7)
        for time in (moment, moment.lower(), moment.replace("T", " "), moment[:-1] + "+00:00", moment[:16] + "Z", moment[:-1],
                     moment[:10], moment[:10].replace("-", "")):
            self.assertEqual(self.version("--exclude-newer", time), "1.0", time)

    def test_malformed_values_are_refused(self):
        for text in ("yesterday", "1 month", "P1M", "1y", "1.5 days", "2025-02-30", "7 fortnights", "P", "7", "", "99999999999 days"):
            with self.subTest(text):
                done = self.run_fails("--exclude-newer", text, self.script(SHOW, ["demo"]), code=2)
                self.assertIn("--exclude-newer", done.stderr)

    def test_in_a_script_and_in_every_other_source(self):
        script = self.with_settings('[tool.uv]\nexclude-newer = "7 days"')
        self.assertEqual(self.run_ok(script).stdout, "1.0\n")
        self.assertEqual(self.version(env={"UV_EXCLUDE_NEWER": "7 days"}), "1.0")
        self.assertEqual(self.version(env={"PIP_UPLOADED_PRIOR_TO": ago(days=7)}), "1.0")
        (self.work / "pyproject.toml").write_text("")
        (self.work / "envstore.yaml").write_text("exclude-newer: 7 days\n")
        self.assertEqual(self.version(), "1.0")
        self.assertEqual(self.version("--no-config"), "2.0")

    def test_one_package_alone(self):
        self.wheel("leaf", "1.0"), self.wheel("leaf", "2.0")
        self.upload(demo_1=ago(days=20), demo_2=ago(days=3), leaf_1=ago(days=20), leaf_2=ago(days=3))
        show = "import demo, leaf; print(demo.VERSION, leaf.VERSION)"

        def versions(*arguments, settings="", **options):
            script = self.with_settings(settings, body=show, dependencies=["demo", "leaf"])
            return self.run_ok(*arguments, script, **options).stdout.strip()

        self.assertEqual(versions("--exclude-newer-package", "Demo=7 days"), "1.0 2.0")
        self.assertEqual(versions("--exclude-newer", "7 days", "--exclude-newer-package", "demo=false"), "2.0 1.0")
        self.assertEqual(versions(settings='[tool.uv]\nexclude-newer-package = { demo = "P7D" }'), "1.0 2.0")
        self.assertEqual(versions(settings='[tool.uv]\nexclude-newer = "P7D"\nexclude-newer-package = { demo = false }'), "2.0 1.0")
        self.assertEqual(versions(env={"ENVSTORE_EXCLUDE_NEWER_PACKAGE": "leaf=7 days"}), "2.0 1.0")
        self.assertEqual(versions(), "2.0 2.0")
        self.run_fails("--exclude-newer-package", "demo", self.work / "script.py", code=2)

    def test_a_span_keeps_its_answer_warm_and_moves_with_an_upgrade(self):
        script = self.with_settings('[tool.uv]\nexclude-newer = "7 days"')
        self.assertEqual(self.run_ok(script).stdout, "1.0\n")
        self.upload(demo_1=ago(days=20), demo_2=ago(days=8))
        self.server.reset()
        self.assertEqual(self.run_ok(script).stdout, "1.0\n")
        self.assertEqual(self.run_ok("-v", script).stderr.count("from the run cache"), 1)
        self.assertEqual(self.server.log(), [])
        self.assertEqual(self.run_ok("--upgrade", script).stdout, "2.0\n")


class Files(SettingsTest):
    """Configuration files and variables of uv and pip."""

    def setUp(self):
        super().setUp()
        self.wheel("demo", "1.0"), self.wheel("demo", "2.0")
        self.folder, self.second = self.second_index()
        self.other_wheel(self.folder, "demo", "0.5")
        self.run_script = self.script(SHOW, ["demo"])

    def version(self, *arguments, **options):
        return self.run_ok(*arguments, self.run_script, **options).stdout.strip()

    def test_the_user_s_uv_toml_counts_and_its_change_is_seen(self):
        self.assertEqual(self.version(), "2.0")
        path = self.home / ".config" / "uv" / "uv.toml"
        path.parent.mkdir(parents=True)
        path.write_text('[[index]]\nurl = "%s"\n' % self.second.url)
        self.assertEqual(self.version(), "0.5")
        self.assertEqual(self.version("--no-config"), "2.0")
        self.assertEqual(self.version(env={"UV_NO_CONFIG": "1"}), "2.0")
        path.write_text("")
        self.assertEqual(self.version(), "2.0")

    def test_uv_s_settings_around_the_script_and_the_working_directory_count(self):
        elsewhere = self.home / "elsewhere"
        elsewhere.mkdir()
        text = '[[tool.uv.index]]\nurl = "%s"\n[tool.uv.sources]\ndemo = { git = "x" }\n' % self.second.url
        for folder in (self.work, elsewhere):
            (folder / "pyproject.toml").write_text(text)
            self.assertEqual(self.version(cwd=elsewhere), "0.5")
            (folder / "pyproject.toml").unlink()
            self.assertEqual(self.version(cwd=elsewhere), "2.0")

    def test_a_file_that_is_named_is_the_only_one(self):
        named = self.work / "named.toml"
        named.write_text('[[index]]\nurl = "%s"\n' % self.second.url)
        self.assertEqual(self.version("--config-file", "named.toml"), "0.5")
        self.assertEqual(self.version(env={"UV_CONFIG_FILE": str(named)}), "0.5")
        self.assertIn("missing.toml", self.run_fails("--config-file", "missing.toml", self.run_script).stderr)

    def test_a_file_that_is_named_is_read_alone_with_no_config(self):
        named = self.work / "named.toml"
        named.write_text('[[index]]\nurl = "%s"\n' % self.second.url)
        (self.work / "pyproject.toml").write_text("")
        (self.work / "envstore.yaml").write_text("resolution: lowest\n")
        lowest = self.version("--config-file", "named.toml")
        self.assertEqual(self.version("--no-config", "--config-file", "named.toml"), "0.5")
        rows = self.envstore("config", "--no-config", "--config-file", "named.toml").stdout
        self.assertNotIn("envstore.yaml", rows)
        self.assertIn("named.toml", rows)
        self.assertEqual(self.version("--config-file", "named.toml"), lowest)

    def test_an_unsupported_setting_in_a_file_of_uv_is_refused(self):
        path = self.work / "uv.toml"
        for text in ("upgrade = true\n", "unheard-of = 1\n", "index = 1\n", "=\n"):
            path.write_text(text)
            done = self.run_fails(self.run_script, code=2 if text in ("index = 1\n", "=\n") else 1)
            self.assertIn("uv.toml': line 1, column", done.stderr)
        path.write_text('[pip]\nno-deps = true\n')  # applies to `uv pip` only
        self.assertEqual(self.version(), "2.0")

    def test_constraints_and_overrides_of_flags_variables_and_files(self):
        (self.work / "c.txt").write_text("demo<2\n")
        for arguments, env in ((("-c", "c.txt"), {}), (("--constraints=c.txt",), {}), (("--overrides", "c.txt"), {}), ((), {"UV_CONSTRAINT": "c.txt"}),
                               ((), {"PIP_CONSTRAINT": "c.txt"}), ((), {"UV_OVERRIDE": "c.txt"})):
            self.assertEqual(self.version(*arguments, env=env), "1.0", (arguments, env))
            self.assertEqual(self.version(*arguments, env=env), "1.0", (arguments, env))
        (self.work / "c.txt").write_text("demo<3\n")
        self.assertEqual(self.version("-c", "c.txt"), "2.0")
        (self.work / "c.txt").write_text("demo${REST}\n")
        for rest in ("<2", "<3"):
            self.assertEqual(self.version("-c", "c.txt", env={"REST": rest}), {"<2": "1.0", "<3": "2.0"}[rest])
        self.assertIn("missing.txt", self.run_fails("-c", "missing.txt", self.run_script).stderr)

    def test_pip_s_constraint_counts_and_what_is_not_supported_is_refused(self):
        conf = self.home / "pip.conf"
        env = {"PIP_CONFIG_FILE": str(conf)}
        (self.work / "c.txt").write_text("demo<2\n")
        conf.write_text("[global]\nconstraint = %s/c.txt\nbreak-system-packages = true\nonly-binary = :all:\n" % self.work)
        self.assertEqual(self.version(env=env), "1.0")
        for key in ("editable = x", "python-version = 3.9", "platform = any"):
            conf.write_text("[install]\n%s\n" % key)
            done = self.run_fails(self.run_script, env=env)
            self.assertIn("pip.conf:2", done.stderr)
            self.assertIn("'%s'" % key.split()[0], done.stderr)
        conf.write_text("[install]\nno-deps = false\nplatform = :none:\n")
        self.assertEqual(self.version(env=env), "2.0")

    def test_a_variable_that_would_change_what_is_installed_is_refused_also_on_a_later_run(self):
        self.assertEqual(self.version(), "2.0")
        for name, value in (("UV_EXCLUDE", "demo"), ("UV_TORCH_BACKEND", "cpu"), ("UV_PROJECT", "elsewhere"),
                            ("PIP_REQUIREMENT", "x.txt"), ("PIP_PLATFORM", "any")):
            self.assertIn(name, self.run_fails(self.run_script, env={name: value}).stderr)
            self.assertEqual(self.version(env={name: "" if name != "UV_EXCLUDE" else "false"}), "2.0")

    def test_a_malformed_variable_is_an_error_also_where_a_flag_has_priority(self):
        for name, *flag in (("UV_PRERELEASE", "--prerelease", "allow"), ("UV_INDEX_STRATEGY", "--index-strategy", "first-index"),
                            ("UV_NO_INDEX", "--no-index"), ("UV_NO_ENV_FILE", "--no-env-file"), ("UV_NO_SOURCES",)):
            self.version(*(flag if name != "UV_NO_INDEX" else ()))
            done = self.run_fails(*flag, self.run_script, code=2, env={name: "odd"})
            self.assertRegex(done.stderr, r"^error: cannot use 'odd' as .* \(%s\): it must be" % name)

    def test_variables_that_cannot_change_it_are_left_alone(self):
        env = {"UV_FROZEN": "1", "UV_LOCKED": "1", "UV_LINK_MODE": "copy", "UV_NO_BUILD": "1", "UV_SYSTEM_PYTHON": "1", "UV_NO_PROGRESS": "1",
               "UV_CONCURRENT_DOWNLOADS": "1", "UV_CACHE_DIR": "/nowhere", "UV_NO_SYNC": "1", "PIP_USER": "1", "PIP_ONLY_BINARY": ":all:",
               "PIP_DISABLE_PIP_VERSION_CHECK": "1", "UV_PYTHON_DOWNLOADS": "never", "PIP_NO_CACHE_DIR": "1"}
        done = self.run_ok(self.run_script, env=env)
        self.assertEqual(done.stdout, "2.0\n")
        self.assertNotIn("warning", done.stderr)


if __name__ == "__main__":
    unittest.main()
