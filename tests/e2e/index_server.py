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
import http.server
import socketserver
import sys
import threading
import urllib.parse

from index_state import DEFAULTS, State
from index_handler import Handler


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
