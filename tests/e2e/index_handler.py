"""The answers of the package index of the tests: pages, files with ranges, authentication, rules, control."""
import base64
import gzip
import html
import http.server
import json
import re
import socket
import time
import urllib.parse

from index_state import JSON_TYPE, project_of, sha256


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
