"""Hostile servers: text that steers terminals, transfers without end, pages that are too large."""
import gzip
import json
import os
import pathlib
import socket
import subprocess
import threading
import unittest

from support import ENVSTORE, EnvstoreTest, TIMEOUT
from index_state import JSON_TYPE
from hostile_pages import digest_of, HostileTest


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

    def test_interim_responses_without_end(self):
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

    def test_a_server_that_sends_nothing(self):
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


if __name__ == "__main__":
    unittest.main()
