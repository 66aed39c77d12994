"""Sends the probe requests that it must answer, good and bad, and compares line by line."""
import json
import subprocess
import sys

METADATA = ("Metadata-Version: 2.4\nName: Demo\nVersion: 1.0\nKeywords: a, b c\nClassifier: X\n"
            "Project-URL: Home, there\nDescription-Content-Type: text/plain\nX-Own: y\n\nbody\n")

GOOD = [
    ({"op": "tags", "implementation": "pypy", "version": [3, 0], "abi": "none", "platform": "linux_mips",
      "glibc": None}, {"tags": ["pp30-none-linux_mips", "py30-none-linux_mips", "py3-none-linux_mips",
                                "pp3-none-any", "py30-none-any", "py3-none-any"]}),
    ({"op": "wheel_filename", "text": "A_b-1.0-2x-py3-none-any.whl"},
     {"name": "a-b", "version": "1.0", "build": [2, "x"], "tags": ["py3-none-any"]}),
    ({"op": "wheel_filename", "text": "a-1-py3-none-any.whl"},
     {"name": "a", "version": "1", "build": None, "tags": ["py3-none-any"]}),
    ({"op": "sdist_filename", "text": "a-1.0.tar.gz"}, {"name": "a", "version": "1.0"}),
    ({"op": "metadata", "text": METADATA},
     {"errors": [], "fields": {"metadata_version": "2.4", "name": "Demo", "version": "1.0",
                               "keywords": ["a", "b c"], "classifier": ["X"], "project_url": ["Home, there"],
                               "description_content_type": "text/plain", "x_own": "y",
                               "description": "body\n"}}),
    ({"op": "record", "text": "a.py,sha256=x,1\nRECORD,,\n"},
     {"entries": [{"path": "a.py", "hash": "sha256=x", "size": 1},
                  {"path": "RECORD", "hash": None, "size": None}]}),
    ({"op": "entry_points", "text": "[console_scripts]\na = b.c:d [x,Y]\n"},
     {"groups": {"console_scripts": {"a": "b.c:d [x,y]"}}}),
    ({"op": "script", "text": "# /// script\n# a = 1\n# ///\n"}, {"metadata": "a = 1\n"}),
    ({"op": "script", "text": "print()"}, {"metadata": None}),
]

# Raw lines, and words that their errors must have.
BAD = [
    (b"", "JSON"), (b"{", "JSON"), (b"\xff", "JSON"), (b"[1]", "object"), (b"{}", "'op'"), (b'{"op":1}', "'op'"),
    (b'{"op":"nope"}', "'nope'"), (b'{"op":"version"}', "'text'"), (b'{"op":"version","text":1}', "'text'"),
    (b'{"op":"filter","specifier":"","versions":[1]}', "list of texts"),
    (b'{"op":"tags","implementation":"cpython","version":[3,1000000000],"platform":"x"}', "'version'"),
    (b'{"op":"resolve","packages":{"a":{"1":{"requires":[1]}}}}', "version '1' of package 'a'"),
    (b"[" * 1000000, "deep"), (b'{"a":' * 1000000, "deep"), (b'{"op":"metadata","text":"\xe9"}', "UTF-8"),
    (b'{"op":"script","text":"# /// script\\n"}', "not closed"), (b'{"op":"name","text":1e999}', "out of range"),
]


def main():
    lines = [json.dumps(request).encode() for request, _ in GOOD] + [line for line, _ in BAD]
    done = subprocess.run([sys.argv[1]], input=b"\n".join(lines) + b"\n", stdout=subprocess.PIPE, check=True)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(lines), (len(answers), len(lines))
    for (request, expected), answer in zip(GOOD, answers):
        assert answer == dict(expected, ok=True), (request, answer)
    for (line, word), answer in zip(BAD, answers[len(GOOD):]):
        assert answer["ok"] is False and word in answer["error"], (line[:80], answer)
        assert "json.exception" not in answer["error"], answer


main()
