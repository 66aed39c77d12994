# /// script
# dependencies = ["certifi", "attrs"]
# ///
"""The standard library's ways to find and start code work as in a virtual environment."""
import importlib.resources
import multiprocessing
import os
import pkgutil
import site
import subprocess
import sys
import sysconfig

import attr
import certifi


def child(connection):
    import attr
    connection.send((sys.prefix, attr.__file__))


def output(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout


def main():
    with importlib.resources.as_file(importlib.resources.files("certifi") / "cacert.pem") as bundle:
        assert "BEGIN CERTIFICATE" in bundle.read_text()
    assert os.path.samefile(bundle, certifi.where())

    context = multiprocessing.get_context("spawn")
    connection, childs = context.Pipe()  # unlike a Queue it needs no semaphore, hence no writable /dev/shm
    process = context.Process(target=child, args=(childs,))
    process.start()
    assert connection.poll(60) and connection.recv() == (sys.prefix, attr.__file__)
    process.join()

    assert output(sys.executable, "-c", "import sys; print(sys.prefix)").strip() == sys.prefix
    told = output(sys.executable, "-m", "site")
    assert sysconfig.get_path("purelib") in told and os.path.dirname(os.path.dirname(attr.__file__)) in told, told
    assert site.getsitepackages()[0] == sysconfig.get_path("purelib")
    assert site.ENABLE_USER_SITE is False

    assert {"attr", "attrs", "certifi"} <= {module.name for module in pkgutil.iter_modules()}
    assert "converters" in {module.name for module in pkgutil.iter_modules(attr.__path__)}
    assert "attr.converters" in {module.name for module in pkgutil.walk_packages(attr.__path__, "attr.")}

    output(sys.executable, "-m", "venv", "--without-pip", "inner")
    inner = output("inner/bin/python", "-c", "import sys, importlib.util as u; print(sys.prefix, sys.base_prefix, u.find_spec('attr'))")
    assert inner.split() == [os.path.abspath("inner"), sys.base_prefix, "None"], inner

    if os.environ.get("AGAIN") != "1":
        os.environ["AGAIN"] = "1"
        os.execv(sys.executable, [sys.executable] + sys.argv)


if __name__ == "__main__":
    main()
