"""Source distributions for tests, with a backend of their own: no build tool has to be installed."""
import io
import json
import tarfile
import textwrap

BACKEND = '''
import base64, hashlib, json, os, pathlib, sys, zipfile

HERE = pathlib.Path(__file__).resolve().parent
SPEC = json.loads((HERE / "spec.json").read_text())


def metadata():
    lines = ["Metadata-Version: 2.1", "Name: " + SPEC["name"], "Version: " + SPEC["version"]]
    return "\\n".join(lines + ["Requires-Dist: " + each for each in SPEC["needs"]]) + "\\n"


def note(what):
    """Appends to the file that the test names: how often something was built."""
    if SPEC["journal"]:
        with open(SPEC["journal"], "a") as out:
            out.write(what + " " + SPEC["name"] + " " + SPEC["version"] + "\\n")


def get_requires_for_build_wheel(config_settings=None):
    return SPEC["hook_needs"]


def prepare_metadata_for_build_wheel(folder, config_settings=None):
    note("metadata")
    name = "%s-%s.dist-info" % (SPEC["name"].replace("-", "_"), SPEC["version"])
    (pathlib.Path(folder) / name).mkdir()
    (pathlib.Path(folder) / name / "METADATA").write_text(metadata())
    return name


def build_wheel(folder, config_settings=None, metadata_directory=None):
    note("wheel")
    exec(SPEC["code"], globals(), {})
    base = "%s-%s" % (SPEC["name"].replace("-", "_"), SPEC["version"])
    module = SPEC["name"].replace("-", "_") + ".py"
    files = {
        module: "VERSION = %r\\nBUILT_WITH = %r\\nSETTINGS = %r\\n" % (SPEC["version"], os.environ.get("DEMO", ""), config_settings),
        base + ".dist-info/METADATA": metadata(),
        base + ".dist-info/WHEEL": "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    }
    record = base + ".dist-info/RECORD"
    lines = []
    for path, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        lines.append("%s,sha256=%s,%d" % (path, digest, len(text.encode())))
    files[record] = "\\n".join(lines + [record + ",,"]) + "\\n"
    filename = base + "-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(folder, filename), "w") as out:
        for path, text in files.items():
            out.writestr(path, text)
    return filename
'''


def make_sdist(folder, name, version="1.0", *, needs=(), requires=(), hook_needs=(), journal="", code="", pkg_info=None, built_name=None,
               built_version=None, without=(), backend="backend", pyproject=None, extra=()):
    """Writes NAME-VERSION.tar.gz. `needs`: of the wheel; `requires`: of the build; `hook_needs`: what its hook adds; `code`: run by
    build_wheel; `without`: hooks that the backend does not have; `extra`: members (TarInfo, bytes) as they are."""
    spec = {"name": built_name or name, "version": built_version or version, "needs": list(needs), "hook_needs": list(hook_needs),
            "journal": str(journal), "code": textwrap.dedent(code)}
    text = BACKEND + "".join("\ndel %s\n" % hook for hook in without)
    files = {
        "pyproject.toml": pyproject if pyproject is not None else
            "[build-system]\nrequires = %s\nbuild-backend = %s\nbackend-path = [\".\"]\n" % (json.dumps(list(requires)), json.dumps(backend)),
        "backend.py": text,
        "spec.json": json.dumps(spec),
    }
    files["PKG-INFO"] = pkg_info or "Metadata-Version: 2.1\nName: %s\nVersion: %s\n" % (name, version)
    top = "%s-%s" % (name.replace("-", "_"), version)
    path = folder / (top + ".tar.gz")
    with tarfile.open(path, "w:gz") as archive:
        for member, content in files.items():
            info = tarfile.TarInfo(top + "/" + member)
            info.size = len(content.encode())
            archive.addfile(info, io.BytesIO(content.encode()))
        for info, content in extra:
            archive.addfile(info, io.BytesIO(content))
    return path
