"""Hostile package indexes, wheels and URLs: input is checked and bounded, and reaches neither store nor terminal."""
import gzip
import hashlib
import json
import os
import pathlib
import resource
import socket
import subprocess
import threading
import unittest

from support import ENVSTORE, EnvstoreTest, TIMEOUT

ALGORITHMS = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha3_256", "sha3_512", "blake2b", "blake2s")
JSON_TYPE = "application/vnd.pypi.simple.v1+json"


def digest_of(path, algorithm):
    return hashlib.new(algorithm, pathlib.Path(path).read_bytes()).hexdigest()


class HostileTest(EnvstoreTest):
    def page(self, wheel, format="html", fragment="", **entry):
        """Sets the page that the package index returns for the project `demo`."""
        name = pathlib.Path(wheel).name
        if format == "html":
            attributes = "".join(' %s="%s"' % (k.replace("_", "-"), v) for k, v in entry.items())
            body, kind = '<a href="/files/%s%s"%s>%s</a>' % (name, fragment, attributes, name), "text/html"
        else:
            body = json.dumps({"meta": {"api-version": "1.1"}, "name": "demo",
                               "files": [dict(filename=name, url="/files/" + name, **entry)]})
            kind = JSON_TYPE
        self.server.reset()
        self.server.rule("/simple/demo/", body=body, content_type=kind)

    def with_demo(self, *flags, **options):
        return self.envstore("run", *flags, "--with", "demo", "python", "-c", "import demo", **options)


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

    def test_a_malformed_hash_is_met_by_no_file(self):
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

    def test_what_one_index_says_of_a_wheel_does_not_count_for_another(self):
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

    def test_demanded_hashes_of_an_index_that_tells_another_algorithm(self):
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

    def test_hashes_that_prove_nothing_or_cannot_be_checked_are_errors(self):
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

    def test_two_users_have_answers_of_their_own_and_a_new_password_keeps_them(self):
        self.server.set_behaviour("auth", None)
        words = ("--with", "demo", "python", "-c", "import demo; print(demo.VERSION)")
        url = self.server.url.replace("http://", "http://%s:%s@")
        self.assertEqual(self.run_ok("--default-index", url % ("one", "a"), *words).stdout, "1.0\n")
        self.wheel("demo", "2.0")
        self.assertEqual(self.run_ok("--default-index", url % ("two", "a"), *words).stdout, "2.0\n")
        self.server.reset()
        self.assertEqual(self.run_ok("--default-index", url % ("one", "b"), *words).stdout, "1.0\n")
        self.assertEqual(self.server.requests(), [])


class TextFromServers(HostileTest):
    STEERING = "\x1b]0;owned\x07\x1b[2J\r\x9b31m\u202e\u2066"

    def assert_plain(self, done):
        text = done.stdout + done.stderr
        for sign in self.STEERING + "\x7f":
            if not sign.isprintable() or sign in "\u202e\u2066":
                self.assertNotIn(sign, text)
        self.assertLess(len(text), 100_000)

    def test_reasons_of_yanking(self):
        wheel = self.wheel("demo")
        self.page(wheel, "json", hashes={}, yanked="no\nerror: forged " + self.STEERING + "x" * 700_000)
        done = self.with_demo()
        self.assert_plain(done)
        self.assertNotIn("\nerror: forged", done.stderr)
        self.assert_plain(self.with_demo("--with", "demo==1.0", "--refresh"))

    def test_content_types_headers_and_bodies(self):
        odd = self.STEERING.replace("\r", "").encode("utf-8").decode("latin-1")
        self.server.rule("/simple/demo/", body=self.STEERING, content_type=odd + "x" * 60_000)
        done = self.with_demo()
        self.assertEqual(done.returncode, 1)
        self.assert_plain(done)
        self.server.reset()
        self.server.rule("/simple/demo/", redirect="ftp://" + odd)
        self.assert_plain(self.with_demo())

    def test_names_versions_and_requirements(self):
        wheel = self.wheel("demo")
        name = pathlib.Path(wheel).name
        for text in ("Metadata-Version: 2.1\nName: %s\nVersion: 1.0\n", "Metadata-Version: 2.1\nName: demo\nVersion: %s\n",
                     "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\nRequires-Dist: %s\n",
                     "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\nRequires-Python: %s\n"):
            self.page(wheel, "json", hashes={"sha256": digest_of(wheel, "sha256")}, **{"core-metadata": True})
            self.server.rule("/files/%s.metadata" % name, body=text % (self.STEERING.replace("\r", "") + "y" * 100_000))
            done = self.with_demo("--refresh")
            self.assertEqual(done.returncode, 1, text)
            self.assert_plain(done)
        self.page(wheel, "json", hashes={}, **{"requires-python": ">=3.99" + self.STEERING})
        self.assert_plain(self.with_demo("--refresh"))

    def test_json_stays_json(self):
        self.wheel("demo", files={"demo.py": "X = 1\n", "odd\u202ename.txt": "x"})
        self.run_ok("--with", "demo", "python", "-c", "1")
        self.settle()
        for path in self.store.glob("trees/*/site/odd*"):
            path.chmod(0o644)
            path.write_text("y")
        done = self.envstore("verify", "--json")
        self.assert_plain(done)
        self.assertIn("odd\u202ename.txt", json.dumps(json.loads(done.stdout), ensure_ascii=False))


class RawServer:
    """A server on loopback, one thread per connection: sends what `answer` yields until the peer disconnects."""

    def __init__(self, answer):
        self.answer, self.connections = answer, 0
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = "http://127.0.0.1:%d/simple" % self.socket.getsockname()[1]
        self.closing = threading.Event()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while not self.closing.is_set():
            try:
                connection = self.socket.accept()[0]
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        with connection:
            try:
                connection.recv(65536)
                for piece in self.answer(self):
                    connection.sendall(piece)
                    if self.closing.is_set():
                        return
            except OSError:
                pass

    def close(self):
        self.closing.set()
        self.socket.close()


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"


class SlowServers(EnvstoreTest):
    """The program gives up on each server by itself, before the time limit of the tests ends it."""

    def check(self, answer, env=None):
        server = RawServer(answer)
        self.addCleanup(server.close)
        return self.run_fails("--with", "demo", "python", "-c", "1",
                              env={"UV_DEFAULT_INDEX": server.url, "ENVSTORE_HTTP_TIMEOUT": "1", **(env or {})})

    def test_two_bytes_a_second(self):
        def answer(server):
            yield OK + b"Content-Length: 100000\r\n\r\n"
            while not server.closing.wait(0.5):
                yield b"x"
        done = self.check(answer)
        self.assertIn("ENVSTORE_HTTP_TIMEOUT", done.stderr)
        self.check(answer, {"ENVSTORE_HTTP_TIMEOUT": "", "UV_HTTP_TIMEOUT": "1"})

    def test_headers_that_trickle(self):
        def answer(server):
            yield OK
            while not server.closing.wait(0.3):
                yield b"X-A: b\r\n"
        self.check(answer)

    def test_headers_without_end(self):
        def answer(server):
            yield OK
            while True:
                yield b"X-A: b\r\n" * 1000
        self.check(answer)

    def test_interim_answers_without_end(self):
        def answer(server):
            while True:
                yield b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" * 100
        self.check(answer)

    def test_a_body_that_trickles_without_end(self):
        def answer(server):
            yield OK + b"Transfer-Encoding: chunked\r\n\r\n"
            while not server.closing.wait(0.2):
                yield chunk(b"<p>" * 100)
        self.check(answer)

    def test_a_body_without_end(self):
        def answer(server):
            yield OK + b"Transfer-Encoding: chunked\r\n\r\n"
            while True:
                yield chunk(b"<p>x</p>" * 8000)
        self.assertIn("larger than expected", self.check(answer).stderr)

    def test_nothing_at_all(self):
        def answer(server):
            server.closing.wait(TIMEOUT)
            yield b""
        self.check(answer)

    def test_a_wait_of_minutes_is_not_waited_for(self):
        for wait in (b"50", b"3600", b"Wed, 21 Oct 2099 07:28:00 GMT", b"999999999999999999999"):
            def answer(server, wait=wait):
                yield b"HTTP/1.1 503 no\r\nRetry-After: " + wait + b"\r\nContent-Length: 0\r\n\r\n"
            self.assertIn("503", self.check(answer).stderr)

    def test_redirects_without_end(self):
        def answer(server):
            yield b"HTTP/1.1 302 no\r\nLocation: /simple/x%d\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" % server.connections
        self.assertIn("redirects more than 10 times", self.check(answer).stderr)


class Pages(HostileTest):
    def measure(self, body, content_type, **headers):
        """Exit code and output of a run, its peak memory in MiB and its user time in seconds."""
        self.wheel("demo")
        self.server.reset()
        self.server.rule("/simple/demo/", body=body, content_type=content_type, headers=headers)
        output = self.home / "output"
        with open(output, "wb") as stream:
            process = subprocess.Popen([ENVSTORE, "run", "--with", "demo", "python", "-c", "1"], stdout=stream, stderr=stream,
                                       stdin=subprocess.DEVNULL, env=self.env, cwd=self.work)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        return process.returncode, output.read_text(), usage.ru_maxrss / 1024, usage.ru_utime

    def test_json_without_end_takes_little_memory(self):
        encoding = {"Content-Encoding": "gzip"}
        for body in (b"[" * 50_000_000, b'{"meta":{"api-version":"1.0"},"files":[' + b'{"a":' * 10_000_000,
                     b'{"meta":{"api-version":"1.0"},"files":[' + b"[],{},7," * 5_000_000 + b"0]}",
                     b'{"meta":{"api-version":"1.0"},"files":[{"hashes":{' +
                     b",".join(b'"%d":7' % i for i in range(1_000_000)) + b"}}]}"):
            code, text, megabytes, _ = self.measure(gzip.compress(body), JSON_TYPE, **encoding)
            self.assertEqual(code, 1, text)
            self.assertLess(megabytes, 500)

    def test_a_compressed_page_of_gigabytes_is_refused(self):
        bomb = gzip.compress(b" " * (1 << 20))
        code, text, megabytes, _ = self.measure(bomb * 1000, "text/html", **{"Content-Encoding": "gzip"})
        self.assertEqual(code, 1, text)
        self.assertLess(megabytes, 500)

    def test_a_tag_of_many_attributes_takes_seconds_at_most(self):
        for one in ("a%d=1 ", "a%d='<' ", "a%d "):
            body = "<html><a " + "".join(one % i for i in range(200_000)) + 'href="/files/demo-1.0-py3-none-any.whl">x</a>'
            code, text, _, seconds = self.measure(body, "text/html")
            self.assertEqual(code, 1, text)
            self.assertIn("too long to read", text)
            self.assertLess(seconds, 60)

    def test_a_page_of_a_million_files_is_refused(self):
        body = "".join("<a href=d-%d.zip>x</a>" % i for i in range(600_000))
        code, text, megabytes, _ = self.measure(body, "text/html")
        self.assertEqual(code, 1, text)
        self.assertLess(megabytes, 1000)


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
