"""Transfers as settings say: fetched requirements files, certificates, proxies."""
import pathlib
import shutil
import socket
import ssl
import subprocess
import threading
import unittest

from settings_world import SettingsTest, SHOW


def serve_each(listener, serve):
    """Calls `serve` with every client of the socket, each in a thread, until the socket is closed."""
    def accept():
        try:
            while True:
                threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
        except OSError:
            pass

    threading.Thread(target=accept, daemon=True).start()


class FetchedRequirements(SettingsTest):
    def setUp(self):
        super().setUp()
        for version in ("1.0", "2.0", "3.0"):
            self.wheel("demo", version)

    def serve(self, path, text):
        self.server.rule(path, body=text, content_type="text/plain")
        return self.server.root + path

    def shown(self, *arguments, **options):
        return self.run_ok(*arguments, "python", "-c", SHOW, **options).stdout

    def test_requirements_and_constraints_are_fetched(self):
        url = self.serve("/sub/requirements.txt", "-c ../limits.txt\ndemo\n")
        self.serve("/limits.txt", "demo<3\n")
        self.assertEqual(self.shown("--with-requirements", url), "2.0\n")
        (self.work / "local.txt").write_text("-r %s\n" % url)
        self.assertEqual(self.shown("--with-requirements", "local.txt"), "2.0\n")
        limits = self.serve("/limits-2.txt", "demo<2\n")
        self.assertEqual(self.shown("-c", limits, "--with", "demo"), "1.0\n")
        self.assertEqual(self.shown("--with", "demo", env={"UV_CONSTRAINT": limits}), "1.0\n")

    def test_each_run_reads_them_again(self):
        url = self.serve("/requirements.txt", "demo<2\n")
        self.assertEqual(self.shown("--with-requirements", url), "1.0\n")
        self.server.reset()
        self.serve("/requirements.txt", "demo<3\n")
        self.assertEqual(self.shown("--with-requirements", url), "2.0\n")

    def test_a_file_that_cannot_be_fetched_is_reported_without_its_password(self):
        url = self.server.root.replace("//", "//me:secret@") + "/nowhere.txt"
        done = self.run_fails("--with-requirements", url, "python")
        self.assertIn("404", done.stderr)
        self.assertNotIn("secret", done.stderr)
        offline = self.run_fails("--offline", "--with-requirements", url, "python")
        self.assertIn("--offline", offline.stderr)
        self.assertNotIn("secret", offline.stderr)

    def test_a_lock_is_not_fetched(self):
        url = self.server.root.replace("//", "//me:secret@") + "/pylock.toml"
        done = self.run_fails("--with-requirements", url, "python")
        self.assertIn("lock files are not fetched", done.stderr)
        self.assertNotIn("secret", done.stderr)

    def test_a_fault_is_reported_with_its_line(self):
        url = self.serve("/requirements.txt", "demo\n???\n")
        self.assertIn("line 2", self.run_fails("--with-requirements", url, "python").stderr)


class Transfers(SettingsTest):
    def certificate(self, name):
        if shutil.which("openssl") is None:
            self.skipTest("there is no openssl to make certificates")
        path = self.home / (name + ".pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=" + name,
                        "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(path) + ".key", "-out", str(path) + ".crt"],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        path.write_bytes(pathlib.Path(str(path) + ".crt").read_bytes() + pathlib.Path(str(path) + ".key").read_bytes())
        return path

    def over_tls(self, wants_certificate_of=None):
        """Forwards TLS connections to the index; returns the index's address over TLS."""
        self.own = self.certificate("server")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.own)
        if wants_certificate_of:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(wants_certificate_of)
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)
        port = int(self.server.root.rsplit(":", 1)[1])

        def pump(source, target):
            try:
                while data := source.recv(65536):
                    target.sendall(data)
                target.shutdown(socket.SHUT_WR)
            except OSError:
                pass

        def serve(client):
            try:
                with context.wrap_socket(client, server_side=True) as inside, \
                        socket.create_connection(("127.0.0.1", port)) as outside:
                    reader = threading.Thread(target=pump, args=(outside, inside), daemon=True)
                    reader.start()
                    pump(inside, outside)
                    reader.join()
            except OSError:
                pass

        serve_each(listener, serve)
        self.port = listener.getsockname()[1]
        return "https://127.0.0.1:%d/simple/" % self.port

    def setUp(self):
        super().setUp()
        self.wheel("demo", "1.0")

    def test_the_certificate_of_an_insecure_host_is_not_checked(self):
        url = self.over_tls()
        flags = ("--default-index", url, "--with", "demo", "python", "-c", SHOW)
        self.assertIn("certificate", self.run_fails(*flags).stderr)
        self.run_fails("--allow-insecure-host", "localhost", *flags)
        self.run_fails("--allow-insecure-host", "127.0.0.1:1", *flags)
        for given in ((("--allow-insecure-host", "127.0.0.1"), {}), (("--trusted-host", "127.0.0.1:%d" % self.port), {}),
                      ((), {"UV_INSECURE_HOST": "a.invalid 127.0.0.1"}), ((), {"PIP_TRUSTED_HOST": "127.0.0.1"})):
            with self.subTest(given):
                self.assertEqual(self.run_ok("--refresh", *given[0], *flags, env=given[1]).stdout, "1.0\n")

    def test_a_client_certificate_is_shown_to_the_server(self):
        mine = self.certificate("client")
        url = self.over_tls(wants_certificate_of=str(mine) + ".crt")
        flags = ("--refresh", "--default-index", url, "--with", "demo", "python", "-c", SHOW)
        trust = {"SSL_CERT_FILE": str(self.own) + ".crt"}
        self.run_fails(*flags, env=trust)
        for name in ("SSL_CLIENT_CERT", "PIP_CLIENT_CERT", "ENVSTORE_CLIENT_CERTIFICATE"):
            with self.subTest(name):
                self.assertEqual(self.run_ok(*flags, env={**trust, name: str(mine)}).stdout, "1.0\n")
        done = self.run_fails(*flags, env={**trust, "SSL_CLIENT_CERT": str(self.home / "nowhere.pem")})
        self.assertIn("SSL_CLIENT_CERT", done.stderr)

    def test_pip_s_file_may_name_the_certificates(self):
        url = self.over_tls()
        config = self.home / "pip.conf"
        config.write_text("[global]\ncert = %s.crt\n" % self.own)
        flags = ("--default-index", url, "--with", "demo", "python", "-c", SHOW)
        env = dict.fromkeys(("SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "PIP_CERT"), "")
        self.assertEqual(self.run_ok(*flags, env={**env, "PIP_CONFIG_FILE": str(config)}).stdout, "1.0\n")

    def proxy(self):
        """A proxy that answers each request with the page of the index, and counts."""
        seen = []
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)
        port = int(self.server.root.rsplit(":", 1)[1])

        def serve(client):
            with client, socket.create_connection(("127.0.0.1", port)) as outside:
                head = b""
                while b"\r\n\r\n" not in head:
                    head += client.recv(65536)
                first, rest = head.split(b"\r\n", 1)
                method, url, version = first.split(b" ")
                seen.append(url.decode())
                path = b"/" + url.split(b"/", 3)[3]
                rest = rest.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1)
                outside.sendall(b" ".join((method, path, version)) + b"\r\n" + rest)
                while data := outside.recv(65536):
                    client.sendall(data)

        serve_each(listener, serve)
        return "http://127.0.0.1:%d" % listener.getsockname()[1], seen

    def test_a_proxy_of_the_settings_is_used_unless_a_variable_names_one(self):
        address, seen = self.proxy()
        flags = ("--refresh", "--with", "demo", "python", "-c", SHOW)
        no_variables = {"NO_PROXY": "", "no_proxy": "", "HTTP_PROXY": "", "http_proxy": "", "ALL_PROXY": "", "all_proxy": ""}
        uv = self.work / "uv.toml"
        uv.write_text('http-proxy = "%s"\n' % address)
        self.run_ok(*flags, env=no_variables)
        self.assertTrue(any("/simple/demo/" in url for url in seen), seen)
        seen.clear()
        uv.write_text('http-proxy = "%s"\nno-proxy = ["127.0.0.1"]\n' % address)
        self.run_ok(*flags, env=no_variables)
        self.assertEqual(seen, [])
        uv.write_text('http-proxy = "http://127.0.0.1:1"\n')
        self.run_ok(*flags, env={**no_variables, "HTTP_PROXY": address})
        self.assertTrue(seen)
        seen.clear()
        uv.unlink()
        self.run_ok(*flags, env={**no_variables, "PIP_PROXY": address})
        self.assertTrue(seen)


if __name__ == "__main__":
    unittest.main()
