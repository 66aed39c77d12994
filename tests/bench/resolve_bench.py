#!/usr/bin/env python3
"""Times resolutions, and measures their memory: generated universes on a loopback index, and sets of the default index.

    tests/bench/resolve_bench.py --envstore build/release/cli/envstore [--uv UV] [--packages 10000] [--sets jupyterlab ...]

`envstore lock` and `uv pip compile` resolve the same, each first with nothing cached, then with all pages and metadata cached.
Peak memory is the largest resident set of the process (VmHWM). The sets ask the default index; without --sets none is asked.
"""
import argparse
import hashlib
import http.server
import json
import os
import re
import shutil
import subprocess
import tempfile
import threading
import time

RELEASES = 6
FILE = re.compile(r"/files/([a-z]+[0-9]*)-([0-9.]+)-py3-none-any\.whl\.metadata$")


def large(packages):
    """A tree: package n needs 3n + 1 to 3n + 3, from its third release every tenth wants an old release of the first of them,
    of which the one above it wants a new one."""
    def requires(name, version):
        number, release = int(name[1:]), int(version.split(".")[0])
        children = [child for child in range(3 * number + 1, 3 * number + 4) if child < packages]
        if children and number % 10 == 0 and release > 2:
            yield "u%d<2" % children.pop(0)
        grandchild = 9 * number + 4
        if number % 10 == 3 and grandchild < packages:
            yield "u%d>=3" % grandchild
        for child in children:
            yield "u%d>=1" % child
    return ["u0", "u1>=3"], requires, ["%d.0" % release for release in range(RELEASES)]


def lockstep(releases):
    """Like boto3, botocore and urllib3: every release of `core` needs an old `http`."""
    def requires(name, version):
        minor = int(version.split(".")[1])
        if name == "client":
            return ["core>=1.%d,<1.%d" % (minor, minor + 1), "transfer>=1.1"]
        return {"core": ["http<1.2"], "transfer": ["core>=1.2"]}.get(name, [])
    return ["client", "http>=1.1", "transfer"], requires, ["1.%d" % minor for minor in range(releases)]


class Index(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, universe):
        super().__init__(("127.0.0.1", 0), Handler)
        self.wanted, self.requires, self.versions = universe
        self.url = "http://127.0.0.1:%d/simple/" % self.server_port
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def page(self, name):
        files = [{"filename": "%s-%s-py3-none-any.whl" % (name, version), "url": "/files/%s-%s-py3-none-any.whl" % (name, version),
                  "hashes": {"sha256": hashlib.sha256((name + version).encode()).hexdigest()}, "core-metadata": True} for version in self.versions]
        return json.dumps({"meta": {"api-version": "1.0"}, "name": name, "files": files}), "application/vnd.pypi.simple.v1+json"

    def metadata(self, name, version):
        lines = ["Metadata-Version: 2.1", "Name: " + name, "Version: " + version]
        return "\n".join(lines + ["Requires-Dist: " + each for each in self.requires(name, version)]) + "\n", "text/plain"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        file = FILE.match(self.path)
        text, kind = self.server.metadata(*file.groups()) if file else self.server.page(self.path.split("/")[2])
        body = text.encode()
        self.send_response(200)
        for key, value in (("Content-Type", kind), ("Content-Length", str(len(body))), ("Cache-Control", "max-age=3600")):
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def measured(command, text, environment):
    """Seconds and peak memory in MB, or the end of what a failure printed."""
    started = time.monotonic()
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment)
    process.stdin.write(text.encode())
    process.stdin.close()
    errors = process.stderr.read().decode(errors="replace")
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.monotonic() - started
    return "%.2f s, %d MB" % (seconds, usage.ru_maxrss // 1024) if status == 0 else "fails: " + errors.strip()[-200:]


def compare(title, wanted, options, index=None):
    """One line of the table: cold and warm of both."""
    cells, homes = [], []
    for program in filter(None, (options.envstore, options.uv)):
        home = tempfile.mkdtemp(prefix="resolve-bench-")
        homes.append(home)
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("UV_", "PIP_", "PYTHON", "ENVSTORE_"))}
        environment.update(ENVSTORE_ROOT=home + "/store", UV_CACHE_DIR=home + "/uv")
        if index:
            environment["UV_DEFAULT_INDEX"] = index.url
        command = [program, "lock", "--no-config", "--python", options.python, "-r", "-"] if program == options.envstore else \
            [program, "pip", "compile", "-q", "--no-config", "--python", options.python, "-"]
        cells += [measured(command, "\n".join(wanted) + "\n", environment) for _ in ("cold", "warm")]
    print("| %s | %s |" % (title, " | ".join(cells)), flush=True)
    subprocess.run(["chmod", "-R", "u+w", *homes], check=False)
    for home in homes:  # uv's has many small files, which takes long
        shutil.rmtree(home, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--envstore", required=True, type=os.path.abspath)
    parser.add_argument("--uv")
    parser.add_argument("--python", default="/usr/bin/python3.11")
    parser.add_argument("--packages", type=int, default=10000)
    parser.add_argument("--sets", nargs="*", default=[], help="of the default index; `a,b` is one set")
    options = parser.parse_args()
    print("| resolution | envstore, nothing cached | envstore, all cached |%s" % (" uv, nothing cached | uv, all cached |" if options.uv else ""))
    print("|%s" % ("---|" * (5 if options.uv else 3)))
    for title, universe in (("%d packages" % options.packages, large(options.packages)), ("600 releases in lockstep", lockstep(600))):
        index = Index(universe)
        compare(title, index.wanted, options, index)
        index.shutdown()
    for each in options.sets:
        compare(each, each.split(","), options)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
