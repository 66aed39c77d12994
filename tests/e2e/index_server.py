#!/usr/bin/env python3
"""A package index on loopback for end-to-end tests. Python 3.8+, standard library only.

As a library:

    with IndexServer(folder, format="json", metadata=True) as server:
        run(["envstore", "run", "--default-index", server.url, ...])
        assert server.count("/files/") == 2            # requests whose path contains the text
        server.rule("/files/x-1-py3-none-any.whl", status=500, times=2)

As a program (prints its port as one line, then serves until it is killed or stdin closes):

    index_server.py FOLDER [--format html|json] [--no-metadata] [--no-ranges] [--auth USER:PASSWORD] ...

`folder` holds wheels and sdists, and is read again at each request. The server has

    /simple/            names of all projects
    /simple/NAME/       the page of a project (404 if the folder has no file of it)
    /files/FILE         a file; /files/FILE.metadata its METADATA when `metadata` is on
    /flat/              one page with every file, for --find-links
    /auth/...           the same tree as /, but always with basic authentication, independent of `auth` (user "user",
                        password "secret")
    /control/log        GET: the requests so far, a JSON list of {"method", "path", "status", "range", "headers"}
    /control/reset      POST: clears the log and the rules
    /control/set        POST: a JSON object of options to change
    /control/rule       POST: a JSON object with "path" and the keyword arguments of `rule`
    /control/release    POST: answers the requests that rules with hold=true keep waiting

Options: format ("html", "json", "both": as Accept prefers), metadata (PEP 658/714 advertised and served),
metadata_spelling ("core", "dist-info", "both"), ranges, suffix_ranges, etag, cache_control (header text or None),
auth ("user:password" or None), page_hashes (False: pages have no hashes), sizes (JSON has sizes), absolute_urls,
gzip (pages, when accepted), requires_python and yanked (dicts FILE -> text), upload_time (dict FILE -> text);
and for all paths at once: garbage (pages are HTML, but not index pages), redirect_loop (pages redirect to themselves),
wrong_hash, wrong_size (of every file in pages), truncate (files end after half of the announced length).

A rule changes the answers for one exact path, `times` times (None: always):
    status=N              that status with a short text body; headers={...} adds headers (Retry-After: 0, ...)
    redirect=URL          302 (or `status`) to URL; a path redirects to itself for a loop
    body=TEXT             200 with that body (HTML garbage, wrong content); content_type=...
    truncate=N            announces the full length, sends N bytes, closes the connection
    wrong_hash=True       pages show a wrong SHA-256 for /files/FILE (the path of the rule is that of the file)
    wrong_size=True       the same for the size in JSON pages
    chunked=True          no Content-Length
    close=True            closes the connection without an answer
    rate=N                N bytes a second at most
    hold=True             waits for /control/release (or server.release()) before it answers
"""

import argparse
import base64
import gzip
import hashlib
import html
import http.server
import json
import os
import re
import socket
import socketserver
import sys
import threading
import time
import urllib.parse
import zipfile

DEFAULTS = dict(
    format="html",
    metadata=True,
    metadata_spelling="both",
    ranges=True,
    suffix_ranges=True,
    etag=True,
    cache_control=None,
    auth=None,
    page_hashes=True,
    sizes=True,
    absolute_urls=False,
    gzip=True,
    requires_python={},
    yanked={},
    upload_time={},
    garbage=False,
    redirect_loop=False,
    wrong_hash=False,
    wrong_size=False,
    truncate=False,
)
SUFFIXES = (".whl", ".tar.gz", ".zip")
JSON_TYPE = "application/vnd.pypi.simple.v1+json"


def normalize(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def project_of(filename):
    if filename.endswith(".whl"):
        return normalize(filename.split("-")[0])
    match = re.match(r"(.+?)-v?\d", filename)
    return normalize(match.group(1) if match else filename)


def sha256(data):
    return hashlib.sha256(data).hexdigest()


class State:
    """State shared by the request handlers. `lock` protects everything that changes."""

    def __init__(self, folder, options):
        unknown = set(options) - set(DEFAULTS)
        if unknown:
            raise TypeError("unknown options: " + ", ".join(sorted(unknown)))
        self.folder = os.fspath(folder)
        self.lock = threading.Lock()
        self.options = dict(DEFAULTS, **options)
        self.log = []
        self.rules = {}
        self.released = threading.Event()
        self.held = threading.Event()  # a request waits for `released`
        self.cache = {}

    def reset(self):
        with self.lock:
            self.log.clear()
            self.rules.clear()
            self.released.set()
            self.released = threading.Event()

    def release(self):
        with self.lock:
            self.released.set()
            self.released = threading.Event()

    def add_rule(self, path, times=None, **what):
        with self.lock:
            self.rules.setdefault(path, []).append([times, what])

    def take_rule(self, path):
        with self.lock:
            for rule in self.rules.get(path, []):
                if "wrong_hash" in rule[1] or "wrong_size" in rule[1]:
                    continue
                if rule[0] is None:
                    return rule[1]
                if rule[0] > 0:
                    rule[0] -= 1
                    return rule[1]
        return {}

    def is_lying(self, filename, about):
        with self.lock:
            return self.options[about] or any(about in rule[1] for rule in self.rules.get("/files/" + filename, []))

    def files(self, project=None):
        names = sorted(name for name in os.listdir(self.folder) if name.endswith(SUFFIXES))
        return [name for name in names if project is None or project_of(name) == project]

    def content(self, filename):
        """The bytes of a file, its SHA-256 and its METADATA or None; kept while the file is unchanged."""
        path = os.path.join(self.folder, filename)
        stat = os.stat(path)
        key = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
        with self.lock:
            known = self.cache.get(filename)
        if known and known[0] == key:
            return known[1]
        with open(path, "rb") as file:
            data = file.read()
        value = (data, sha256(data), self.read_metadata(path, filename))
        with self.lock:
            self.cache[filename] = (key, value)
        return value

    @staticmethod
    def read_metadata(path, filename):
        if not filename.endswith(".whl"):
            return None
        try:
            with zipfile.ZipFile(path) as archive:
                for name in archive.namelist():
                    if re.fullmatch(r"[^/]+\.dist-info/METADATA", name):
                        return archive.read(name)
        except (zipfile.BadZipFile, KeyError, NotImplementedError, RuntimeError, ValueError):
            return None  # hostile wheels are served as they are
        return None


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "index"
    sys_version = ""
    state = None  # set by a subclass

    def log_message(self, *args):
        pass

    def do_HEAD(self):
        self.answer()

    def do_GET(self):
        self.answer()

    def do_POST(self):
        length = int(self.headers.get("Content-Length") or 0)
        self.control(urllib.parse.urlsplit(self.path).path, self.rfile.read(length))

    def answer(self):
        path = urllib.parse.unquote(urllib.parse.urlsplit(self.path).path)
        if path.startswith("/control/"):
            return self.control(path, b"")
        self.rule = self.state.take_rule(path)
        if self.rule.get("hold"):
            self.state.held.set()
            self.state.released.wait(60)
        prefix, auth = "", self.state.options["auth"]
        if path.startswith("/auth/"):
            prefix, path, auth = "/auth", path[len("/auth") :], auth or "user:secret"
        if self.apply_rule():
            return None
        if auth and self.headers.get("Authorization") != "Basic " + base64.b64encode(auth.encode()).decode():
            return self.send(401, b"credentials, please", {"WWW-Authenticate": 'Basic realm="index"'})
        return self.serve(path, prefix)

    def apply_rule(self):
        rule = self.rule
        if rule.get("close"):
            self.note(0)
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return True
        headers = dict(rule.get("headers") or {})
        if "redirect" in rule:
            headers["Location"] = rule["redirect"]
            self.send(rule.get("status", 302), b"elsewhere", headers)
            return True
        if "body" in rule:
            headers["Content-Type"] = rule.get("content_type", "text/html")
            body = rule["body"]
            self.send(rule.get("status", 200), body.encode() if isinstance(body, str) else body, headers)
            return True
        if "status" in rule:
            self.send(rule["status"], b"status %d" % rule["status"], headers)
            return True
        return False

    def serve(self, path, prefix):
        if path in ("/simple", "/simple/"):
            names = sorted({project_of(name) for name in self.state.files()})
            links = "".join('<a href="%s/">%s</a><br>\n' % (name, name) for name in names)
            return self.send(200, ("<!DOCTYPE html><html><body>\n%s</body></html>\n" % links).encode(), self.html_headers())
        if path == "/flat/":
            return self.send_page(self.state.files(), "all", prefix)
        match = re.fullmatch(r"/simple/([^/]+)/?", path)
        if match:
            files = self.state.files(match.group(1))
            return self.send_page(files, match.group(1), prefix) if files else self.send(404, b"no such project", {})
        match = re.fullmatch(r"/files/([^/]+)", path)
        return self.send_file(match.group(1)) if match else self.send(404, b"not here", {})

    # Pages

    def html_headers(self):
        return {"Content-Type": "text/html; charset=utf-8"}

    def describe(self, filename, prefix):
        data, digest, metadata = self.state.content(filename)
        options = self.state.options
        root = "http://%s" % self.headers.get("Host") + prefix if options["absolute_urls"] else "../.." + ""
        if self.path.split("?")[0].endswith("/flat/") and not options["absolute_urls"]:
            root = ".."
        return dict(
            filename=filename,
            url="%s/files/%s" % (root, urllib.parse.quote(filename)),
            sha256="0" * 64 if self.state.is_lying(filename, "wrong_hash") else digest,
            size=len(data) + (1 if self.state.is_lying(filename, "wrong_size") else 0),
            metadata=sha256(metadata) if metadata is not None and options["metadata"] else None,
            requires_python=options["requires_python"].get(filename),
            yanked=options["yanked"].get(filename),
            upload_time=options["upload_time"].get(filename),
        )

    def spellings(self):
        spelling = self.state.options["metadata_spelling"]
        return [name for name in ("core", "dist-info") if spelling in (name, "both")]

    def html_page(self, entries, title):
        lines = ["<!DOCTYPE html>", "<html>", "  <head>"]
        lines.append('    <meta name="pypi:repository-version" content="1.1">')
        lines += ["    <title>Links for %s</title>" % html.escape(title), "  </head>", "  <body>"]
        for entry in entries:
            href = entry["url"]
            if self.state.options["page_hashes"]:
                href += "#sha256=" + entry["sha256"]
            attributes = ['href="%s"' % html.escape(href)]
            if entry["requires_python"] is not None:
                attributes.append('data-requires-python="%s"' % html.escape(entry["requires_python"]))
            if entry["yanked"] is not None:
                attributes.append('data-yanked="%s"' % html.escape(entry["yanked"]))
            if entry["metadata"] is not None:
                for name in self.spellings():
                    attributes.append('data-%s-metadata="sha256=%s"' % (name, entry["metadata"]))
            lines.append("    <a %s>%s</a><br>" % (" ".join(attributes), html.escape(entry["filename"])))
        return "\n".join(lines + ["  </body>", "</html>", ""]).encode()

    def json_page(self, entries, title):
        files = []
        for entry in entries:
            file = dict(filename=entry["filename"], url=entry["url"], hashes={})
            if self.state.options["page_hashes"]:
                file["hashes"]["sha256"] = entry["sha256"]
            if self.state.options["sizes"]:
                file["size"] = entry["size"]
            for key, name in (("requires_python", "requires-python"), ("upload_time", "upload-time")):
                if entry[key] is not None:
                    file[name] = entry[key]
            file["yanked"] = False if entry["yanked"] is None else (entry["yanked"] or True)
            for name in self.spellings():
                key = "core-metadata" if name == "core" else "dist-info-metadata"
                file[key] = {"sha256": entry["metadata"]} if entry["metadata"] else False
            files.append(file)
        return json.dumps({"meta": {"api-version": "1.1"}, "name": title, "files": files}).encode()

    def send_page(self, files, title, prefix):
        if self.state.options["redirect_loop"]:
            return self.send(302, b"elsewhere", {"Location": self.path})
        if self.state.options["garbage"]:
            return self.send(200, b"<html><p><<<garbage \xff<a href=>x</html", {"Content-Type": "text/html"})
        entries = [self.describe(name, prefix) for name in files]
        wanted = self.state.options["format"]
        if wanted == "both":
            wanted = "json" if JSON_TYPE in self.headers.get("Accept", "") else "html"
        if wanted == "json":
            return self.send_cacheable(self.json_page(entries, title), {"Content-Type": JSON_TYPE})
        return self.send_cacheable(self.html_page(entries, title), self.html_headers())

    def send_cacheable(self, body, headers):
        options = self.state.options
        if options["cache_control"]:
            headers["Cache-Control"] = options["cache_control"]
        if options["etag"]:
            headers["ETag"] = '"%s"' % sha256(body)[:16]
            if self.headers.get("If-None-Match") == headers["ETag"]:
                return self.send(304, b"", headers)
        if options["gzip"] and "gzip" in self.headers.get("Accept-Encoding", ""):
            headers["Content-Encoding"] = "gzip"
            body = gzip.compress(body)
        return self.send(200, body, headers)

    # Files

    def send_file(self, filename):
        is_metadata = filename.endswith(".metadata")
        wheel = filename[: -len(".metadata")] if is_metadata else filename
        if wheel not in self.state.files() or (is_metadata and not self.state.options["metadata"]):
            return self.send(404, b"no such file", {})
        data, _, metadata = self.state.content(wheel)
        if is_metadata:
            return self.send(404, b"no metadata", {}) if metadata is None else self.send_cacheable(metadata, {})
        headers = {"Content-Type": "application/octet-stream"}
        wanted = self.headers.get("Range")
        if not self.state.options["ranges"]:
            return self.send(200, data, headers)
        headers["Accept-Ranges"] = "bytes"
        return self.send_range(data, wanted, headers) if wanted else self.send(200, data, headers)

    def send_range(self, data, wanted, headers):
        match = re.fullmatch(r"bytes=(\d*)-(\d*)", wanted)
        if not match or match.group(0) == "bytes=-":
            return self.send(200, data, headers)
        if not match.group(1):
            if not self.state.options["suffix_ranges"]:
                return self.send(416, b"", {"Content-Range": "bytes */%d" % len(data)})
            first, last = max(0, len(data) - int(match.group(2))), len(data) - 1
        else:
            first = int(match.group(1))
            last = min(int(match.group(2) or len(data) - 1), len(data) - 1)
        if first > last:
            return self.send(416, b"", {"Content-Range": "bytes */%d" % len(data)})
        headers["Content-Range"] = "bytes %d-%d/%d" % (first, last, len(data))
        return self.send(206, data[first : last + 1], headers)

    # Sending

    def note(self, status):
        with self.state.lock:
            self.state.log.append(
                dict(
                    method=self.command,
                    path=self.path,
                    status=status,
                    range=self.headers.get("Range"),
                    headers=dict(self.headers.items()),
                )
            )

    def send(self, status, body, headers):
        self.note(status)
        rule = getattr(self, "rule", {})
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        chunked = rule.get("chunked") and status not in (204, 304)
        if chunked:
            self.send_header("Transfer-Encoding", "chunked")
        elif status not in (204, 304):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "HEAD" or status in (204, 304):
            return
        try:
            self.send_body(body, rule, chunked)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def send_body(self, body, rule, chunked):
        is_file = "/files/" in self.path and not self.path.endswith(".metadata")
        if "truncate" in rule or (self.state.options["truncate"] and is_file):
            self.wfile.write(body[: rule.get("truncate", len(body) // 2)])
            self.wfile.flush()
            self.close_connection = True
            return
        step = 65536
        if "rate" in rule:
            step = max(1, rule["rate"] // 20)
        for at in range(0, len(body), step):
            piece = body[at : at + step]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece) if chunked else piece)
            if "rate" in rule:
                time.sleep(len(piece) / rule["rate"])
        if chunked:
            self.wfile.write(b"0\r\n\r\n")

    def control(self, path, body):
        if path == "/control/log":
            with self.state.lock:
                answer = json.dumps(self.state.log)
        else:
            answer = "{}"
            arguments = json.loads(body or b"{}")
            if path == "/control/reset":
                self.state.reset()
            elif path == "/control/release":
                self.state.release()
            elif path == "/control/set":
                with self.state.lock:
                    self.state.options.update(arguments)
            elif path == "/control/rule":
                self.state.add_rule(**arguments)
            else:
                self.send_error(404)
                return
        data = answer.encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


class Listener(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def server_bind(self):
        # HTTPServer's server_bind resolves the host name, which may take seconds.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)


class IndexServer:
    """Serves `folder` for the duration of the `with` block."""

    def __init__(self, folder, **options):
        self.state = State(folder, options)
        handler = type("BoundHandler", (Handler,), {"state": self.state})
        self.listener = Listener(("127.0.0.1", 0), handler)
        self.port = self.listener.server_address[1]
        self.thread = threading.Thread(target=self.listener.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def root(self):
        return "http://127.0.0.1:%d" % self.port

    @property
    def url(self):
        return self.root + "/simple/"

    @property
    def flat_url(self):
        return self.root + "/flat/"

    def auth_url(self, user="user", password="secret"):
        """The URL of the index behind basic authentication, with credentials (none if `user` is None)."""
        who = "" if user is None else "%s:%s@" % (urllib.parse.quote(user, ""), urllib.parse.quote(password, ""))
        return "http://%s127.0.0.1:%d/auth/simple/" % (who, self.port)

    def rule(self, path, times=None, **what):
        self.state.add_rule(path, times, **what)

    def set(self, **options):
        unknown = set(options) - set(DEFAULTS)
        if unknown:
            raise TypeError("unknown options: " + ", ".join(sorted(unknown)))
        with self.state.lock:
            self.state.options.update(options)

    def set_behaviour(self, name, value):
        """`set` for one option; `auth` may be a pair."""
        self.set(**{name: ":".join(value) if isinstance(value, (list, tuple)) else value})

    def set_status(self, path, status, times=None, **what):
        self.rule(path, times, status=status, **what)

    def requests(self):
        return self.log()

    def log(self):
        with self.state.lock:
            return list(self.state.log)

    def count(self, text="", method=None, status=None):
        """The number of requests whose path contains `text`."""
        return sum(
            1
            for entry in self.log()
            if text in entry["path"]
            and (method is None or entry["method"] == method)
            and (status is None or entry["status"] == status)
        )

    def reset(self):
        self.state.reset()

    def wait_until_held(self, timeout):
        """Whether a rule with hold=True has made a request wait, within `timeout` seconds."""
        return self.state.held.wait(timeout)

    def release(self):
        self.state.release()

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.release()
        self.listener.shutdown()
        self.listener.server_close()
        self.thread.join()


def main():
    parser = argparse.ArgumentParser(description="A package index on loopback for tests.")
    parser.add_argument("folder")
    parser.add_argument("--format", choices=("html", "json", "both"), default="html")
    parser.add_argument("--no-metadata", dest="metadata", action="store_false")
    parser.add_argument("--no-ranges", dest="ranges", action="store_false")
    parser.add_argument("--no-suffix-ranges", dest="suffix_ranges", action="store_false")
    parser.add_argument("--no-etag", dest="etag", action="store_false")
    parser.add_argument("--no-hashes", dest="page_hashes", action="store_false")
    parser.add_argument("--absolute-urls", action="store_true")
    parser.add_argument("--cache-control")
    parser.add_argument("--auth", metavar="USER:PASSWORD")
    arguments = vars(parser.parse_args())
    with IndexServer(arguments.pop("folder"), **arguments) as server:
        print(server.port, flush=True)
        # End of file on stdin: the process that started the server has ended.
        while sys.stdin.buffer.read(4096):
            pass


if __name__ == "__main__":
    main()
