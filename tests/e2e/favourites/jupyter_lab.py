# /// script
# dependencies = ["jupyterlab"]
# ///
"""Kernels, extensions and static files of all layers are found below the prefix, and writes go to the scratch only."""
import json
import os
import pathlib
import re
import subprocess
import sys
import urllib.request

from jupyter_client.manager import start_new_kernel

TOKEN = "envstore-test"
PREFIX = pathlib.Path(sys.prefix)


def output(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout


def kernels():
    return json.loads(output("jupyter", "kernelspec", "list", "--json"))["kernelspecs"]


def check_kernel():
    manager, client = start_new_kernel(kernel_name="python3")
    seen = []

    def keep(message):
        if message["msg_type"] == "stream":
            seen.append(message["content"]["text"])

    try:
        client.execute_interactive("import sys; print(6 * 7, sys.prefix)", timeout=60, output_hook=keep)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    assert "".join(seen) == "42 %s\n" % sys.prefix, seen


def check_install():
    spec = pathlib.Path("mine")
    spec.mkdir(exist_ok=True)
    (spec / "kernel.json").write_text('{"argv": ["true"], "display_name": "mine", "language": "none"}')
    for _ in range(2):  # the second time it replaces the installed one
        output("jupyter", "kernelspec", "install", "--sys-prefix", "--name", "mine", "mine")
    found = pathlib.Path(kernels()["mine"]["resource_dir"])
    assert found.is_relative_to(PREFIX), found
    output("python", "-m", "ipykernel", "install", "--sys-prefix")  # replaces the kernel of a layer
    assert kernels()["python3"]["resource_dir"].startswith(sys.prefix)


#: The configuration of the server: it prints its address before it listens, so that this reports when it does.
LISTENING = """
import sys
from tornado.tcpserver import TCPServer
add_sockets = TCPServer.add_sockets
def announce(self, sockets):
    add_sockets(self, sockets)
    print("the server listens", file=sys.stderr, flush=True)
TCPServer.add_sockets = announce
"""


def address_of(server):
    """The address that the server prints, once it listens there."""
    address, listens = None, False
    for line in server.stderr:
        address = address or re.search(r"http://127\.0\.0\.1:(\d+)/", line)
        listens = listens or "the server listens" in line
        if address and listens:
            return address.group(0)
    raise AssertionError("the server has ended")


def check_server():
    """Every static file of the server's pages, and one of a kernel, is served without 403 or 404."""
    os.environ["JUPYTER_RUNTIME_DIR"] = os.path.abspath("runtime")
    os.makedirs("runtime", exist_ok=True)
    pathlib.Path("listening.py").write_text(LISTENING)
    command = ["jupyter", "lab", "--no-browser", "--config=listening.py", "--ip=127.0.0.1", "--port=0",
               "--IdentityProvider.token=" + TOKEN, "--ServerApp.root_dir=" + os.getcwd()]
    if os.geteuid() == 0:
        command.append("--allow-root")
    server = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        base = address_of(server)

        def get(path, method="GET"):
            request = urllib.request.Request(base + path, method=method, headers={"Authorization": "token " + TOKEN})
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.read()

        page = get("lab").decode()
        scripts = re.findall(r'src="/(static/[^"]+\.js[^"]*)"', page)
        assert scripts, page[:2000]
        for script in scripts:
            assert len(get(script)) > 100, script
        assert get("kernelspecs/python3/logo-64x64.png").startswith(b"\x89PNG")
        settings = json.loads(get("lab/api/settings/@jupyterlab/apputils-extension:themes"))
        assert settings["schema"], settings
        assert get("lab/api/themes/@jupyterlab/theme-light-extension/index.css")
        get("api/shutdown", "POST")
        server.communicate(timeout=60)
    finally:
        server.kill()
        server.wait()


assert "python3" in kernels()
check_kernel()
check_install()
lab = dict(re.findall(r"^(.*?):\s+(.*)$", output("jupyter", "lab", "path"), re.M))
assert pathlib.Path(lab["Application directory"], "static", "index.html").is_file(), lab
check_server()
