"""Typing errors and attacks: variants of the faults that other files test."""
import unittest

from support import EnvstoreTest


class Suggestions(EnvstoreTest):
    def test_the_nearest_flag_is_suggested_also_where_it_has_no_effect_or_is_refused(self):
        for written, meant in (("--exat", "--exact"), ("--exac", "--exact"), ("--exet", "--exec"), ("--lcoked", "--locked"),
                               ("--pyhton", "--python"), ("--wiht", "--with")):
            self.assertIn("did you mean '%s'?" % meant, self.run_fails(written, "x.py", code=2).stderr)


class CredentialsThatNoAddressMayHold(EnvstoreTest):
    """A password that is not percent-encoded: the URL cannot be parsed, and no part of the password is shown."""

    PASSWORDS = ("s3cret tail", "s3cret/tail x", "s3cret#tail", "12 s3cret tail", "s3cret@tail b", "s3cret'tail")

    def addresses(self, *schemes):
        host = self.server.root.split("//")[1]
        return ["%suser:%s@%s/auth/simple/" % (scheme, password, host) for scheme in schemes for password in self.PASSWORDS]

    def assert_unseen(self, done):
        for part in ("s3cret", "tail"):
            self.assertNotIn(part, done.stdout + done.stderr)

    def test_of_flags(self):
        for address in self.addresses("http://", "ftp://", "//", ""):
            for flag, value in (("--index", "name=" + address), ("--find-links", address)):
                self.assert_unseen(self.envstore("run", "-v", flag, value, "--with", "demo", "python", "-c", ""))

    def test_of_variables(self):
        for address in self.addresses("http://", ""):
            for name in ("UV_INDEX", "UV_DEFAULT_INDEX", "PIP_EXTRA_INDEX_URL"):
                self.assert_unseen(self.envstore("run", "-v", "--with", "demo", "python", "-c", "", env={name: address}))
                self.assert_unseen(self.envstore("config", env={name: address}))

    def test_of_wheels(self):
        for address in self.addresses("http://", "//", ""):
            wheel = address.replace("/simple/", "/files/demo-1.0-py3-none-any.whl")
            for requirement in (wheel, "demo @ " + wheel):
                self.assert_unseen(self.envstore("run", "-v", "--with", requirement, "python", "-c", ""))

    def test_of_files(self):
        address = "http://user:s3cret tail@%s/auth/simple/" % self.server.root.split("//")[1]
        requirements = self.work / "requirements.txt"
        requirements.write_text("--extra-index-url '%s'\ndemo\n" % address)
        self.assert_unseen(self.run_fails("-v", "--with-requirements", requirements, "python"))
        settings = self.work / "uv.toml"
        settings.write_text('extra-index-url = ["%s"]\n' % address.replace("s3cret ", "s3cret#"))
        self.assert_unseen(self.run_fails("-v", "--config-file", settings, "--with", "demo", "python"))

    def test_a_blank_in_a_password_is_a_blank(self):
        self.wheel("demo")
        self.server.set_behaviour("auth", "user:a b")
        self.run_ok("--default-index", self.server.url.replace("//", "//user:a b@"), "--with", "demo", "python", "-c", "import demo")


class LongNames(EnvstoreTest):
    def test_an_invalid_name_is_reported_whatever_its_length(self):
        for project, name in (("deep", "d/" * 120 + "x.py"), ("long", "n" * 300 + ".py")):
            self.wheel(project, files={name: ""})
            self.assertIn("the name is not safe", self.run_fails("--with", project, "python", "-c", "").stderr)


class Variables(EnvstoreTest):
    def test_a_variable_leaves_out_the_system_s_file_of_uv(self):
        folder = self.home / "system" / "uv"
        folder.mkdir(parents=True)
        (folder / "uv.toml").write_text("no-index = true\n")
        self.wheel("demo")
        env = {"XDG_CONFIG_DIRS": str(folder.parent)}
        words = ("--with", "demo", "python", "-c", "import demo")
        self.run_fails(*words, env=env)
        self.run_ok(*words, env=dict(env, UV_NO_SYSTEM_CONFIG="1"))
        self.run_fails(*words, env=dict(env, UV_NO_SYSTEM_CONFIG="maybe"), code=2)

    def test_another_search_path_for_interpreters_is_refused(self):
        self.assertIn("UV_PYTHON_SEARCH_PATH", self.run_fails("python", env={"UV_PYTHON_SEARCH_PATH": "/nowhere"}).stderr)


class Servers(EnvstoreTest):
    def test_a_line_of_headers_without_end_is_not_called_a_lack_of_memory_alone(self):
        self.wheel("demo")
        self.server.rule("/simple/demo/", body="x", headers={"X-Long": "x" * 400000})
        self.assertIn("a line of its headers is too long", self.run_fails("--with", "demo", "python").stderr)


class Encodings(EnvstoreTest):
    def test_a_script_in_utf_16_without_a_mark_is_refused_not_passed_over_in_silence(self):
        for encoding in ("utf-16-le", "utf-16-be"):
            (self.work / "script.py").write_bytes("print('ran')\n".encode(encoding))
            self.assertIn("UTF-16", self.run_fails("script.py").stderr)


class ToldOnce(EnvstoreTest):
    def test_an_extra_that_does_not_exist_is_reported_at_each_resolution(self):
        self.wheel("demo")
        script = self.script("", ["demo[zz]"])
        told = [self.run_ok(*flags, script).stderr.count("no extra 'zz'") for flags in ((), (), ("--upgrade",), ("--refresh",))]
        self.assertEqual(told, [1, 0, 1, 1])


if __name__ == "__main__":
    unittest.main()
