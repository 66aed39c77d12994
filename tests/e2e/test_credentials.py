"""Credentials of indexes, references and proxies appear neither in output nor in the store."""
import unittest

from hostile_pages import HostileTest


class Credentials(HostileTest):
    USER, PASSWORD = "us-er-4821", "pass-WORD-7391"

    def setUp(self):
        super().setUp()
        self.wheel("demo")
        self.server.set_behaviour("auth", [self.USER, self.PASSWORD])

    def with_credentials(self, address):
        return address.replace("http://", "http://%s:%s@" % (self.USER, self.PASSWORD))

    def assert_unseen(self, *runs):
        self.settle()
        text = "".join(run.stdout + run.stderr for run in runs)
        for words in (["ls"], ["ls", "--json"], ["why", "demo"], ["du"], ["du", "--json"], ["gc", "--dry-run", "-v"],
                      ["gc", "-v"], ["verify"], ["config"]):
            done = self.envstore(*words)
            text += done.stdout + done.stderr
        for secret in (self.PASSWORD, self.USER):
            self.assertNotIn(secret, text)
            for path in self.store.rglob("*"):
                if path.is_file() and not path.is_symlink():
                    self.assertNotIn(secret.encode(), path.read_bytes(), path)

    def test_of_an_index_given_by_flag_variable_script_file_and_configuration(self):
        url = self.with_credentials(self.server.url)
        flat = self.with_credentials(self.server.flat_url)
        requirements = self.work / "r.txt"
        requirements.write_text("--index-url %s\ndemo\n" % url)
        script = self.script("import demo", ["demo"], head='# [[tool.uv.index]]\n# url = "%s"\n# default = true\n' % url)
        yaml = self.home / ".config" / "envstore"
        yaml.mkdir(parents=True)
        runs = [
            self.run_ok("-v", "--default-index", url, "--with", "demo", "python", "-c", "import demo"),
            self.run_ok("-v", "--with", "demo>0", "python", "-c", "import demo", env={"UV_DEFAULT_INDEX": url}),
            self.run_ok("-v", "--with", "demo>0.1", "python", "-c", "1", env={"PIP_INDEX_URL": url, "UV_DEFAULT_INDEX": ""}),
            self.run_ok("-v", "--no-index", "--find-links", flat, "--with", "demo<2", "python", "-c", "1"),
            self.run_ok("-v", "--with-requirements", requirements, "python", "-c", "1"),
            self.run_ok("-v", script, env={"UV_DEFAULT_INDEX": ""}),
        ]
        (yaml / "envstore.yaml").write_text('default-index: "%s"\n' % url)
        runs.append(self.run_ok("-v", "--with", "demo<3", "python", "-c", "1", env={"UV_DEFAULT_INDEX": ""}))
        self.assert_unseen(*runs)

    def test_of_a_direct_reference(self):
        url = self.with_credentials(self.server.root) + "/files/demo-1.0-py3-none-any.whl"
        script = self.script("import demo", ["demo @ " + url])
        self.assert_unseen(
            self.run_ok("-v", "--with", "demo @ " + url, "python", "-c", "import demo"),
            self.run_ok("-v", "--with", url, "python", "-c", "import demo"),
            self.run_ok("-v", script), self.run_ok(script),
            self.run_fails("-v", "--with", "demo @ " + url + "#sha256=" + "0" * 64, "python"),
            self.run_fails("-v", "--with", "demo @ " + url, "--with", "demo>2", "python"),
            self.run_fails("-v", "--with", "other @ " + url, "python", code=2),
            self.run_fails("-v", "--with", "demo @@ " + url, "python"),
            self.run_fails("-v", "--with", "demo @ " + url.replace(".whl", ".tar.gz"), "python"))

    def test_of_errors(self):
        url = self.with_credentials(self.server.url)
        self.server.rule("/simple/gone/", status=500)
        self.server.rule("/simple/moved/", redirect=self.with_credentials(self.server.root) + "/simple/moved/")
        self.server.rule("/simple/odd/", body="odd", content_type="x/" + url)
        bad = url.replace("@", "/@")  # a password with a slash
        runs = [self.run_fails("-v", "--default-index", index, "--with", name, "python")
                for index in (url, bad, url.replace("http:", "ftp:"), url.replace("127.0.0.1", "127.0.0.1:x"))
                for name in ("gone", "moved", "odd", "missing")]
        runs.append(self.run_fails("-v", "--default-indx", url, "python", code=2))
        self.assert_unseen(*runs)

    def test_where_no_address_belongs(self):
        url = self.with_credentials(self.server.root) + "/x"
        self.assert_unseen(
            self.envstore("run", "-v", url), self.envstore("run", "-v", url), self.envstore("run", "-v", "--exec", url),
            self.run_fails("-v", "--constraints", url, "python"), self.run_fails("-v", "--config-file", url, "python"),
            self.run_fails("-v", "python", env={"UV_PYTHON": url}))

    def test_of_a_proxy(self):
        proxy = self.with_credentials("http://127.0.0.1:9")
        self.assert_unseen(*[self.run_fails("-v", "--with", "demo", "python", env={"http_proxy": p, "no_proxy": ""})
                             for p in (proxy, proxy.replace("http:", "odd:"), proxy.replace("127.0.0.1", "nowhere.invalid"))])

    def test_that_a_page_writes_into_its_links(self):
        root = self.with_credentials(self.server.root)
        self.server.set_behaviour("auth", None)
        self.server.rule("/simple/demo/", body='<a href="%s/files/demo-1.0-py3-none-any.whl">x</a>' % root)
        self.assert_unseen(self.run_ok("-v", "--with", "demo", "python", "-c", "import demo"),
                           self.run_ok("-v", "--refresh", "--with", "demo", "python", "-c", "import demo"))

    def test_tokens_in_a_query_are_not_kept(self):
        self.server.set_behaviour("auth", None)
        token = "?token=" + self.PASSWORD
        self.assert_unseen(
            self.run_ok("-v", "--default-index", self.server.url + token, "--with", "demo", "python", "-c", "1"),
            self.run_ok("-v", "--with", "demo @ " + self.server.root + "/files/demo-1.0-py3-none-any.whl" + token, "python",
                        "-c", "1"))

    def test_two_users_have_cached_pages_of_their_own_and_a_new_password_keeps_them(self):
        self.server.set_behaviour("auth", None)
        words = ("--with", "demo", "python", "-c", "import demo; print(demo.VERSION)")
        url = self.server.url.replace("http://", "http://%s:%s@")
        self.assertEqual(self.run_ok("--default-index", url % ("one", "a"), *words).stdout, "1.0\n")
        self.wheel("demo", "2.0")
        self.assertEqual(self.run_ok("--default-index", url % ("two", "a"), *words).stdout, "2.0\n")
        self.server.reset()
        self.assertEqual(self.run_ok("--default-index", url % ("one", "b"), *words).stdout, "1.0\n")
        self.assertEqual(self.server.requests(), [])


if __name__ == "__main__":
    unittest.main()
