"""What the package index of the tests serves: files of a folder, options, rules, and the requests so far."""
import hashlib
import os
import re
import threading
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
