"""Pages of a package index that a test writes by hand, with whatever hashes, fields and links it needs."""
import hashlib
import json
import pathlib

from support import EnvstoreTest
from index_state import JSON_TYPE

ALGORITHMS = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha3_256", "sha3_512", "blake2b", "blake2s")


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
