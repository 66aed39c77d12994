"""What tests of settings share: scripts with settings in their block, a second index, upload times."""
import datetime

from support import EnvstoreTest
from index_server import IndexServer
from make_wheel import make_wheel

SHOW = "import demo; print(demo.VERSION)"


def ago(**span):
    moment = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(**span)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


class SettingsTest(EnvstoreTest):
    def with_settings(self, settings, body=SHOW, dependencies=("demo",), name="script.py"):
        head = "".join("# %s\n" % line if line else "#\n" for line in settings.splitlines())
        return self.script(body, list(dependencies), name=name, head=head)

    def second_index(self):
        folder = self.home / "second"
        folder.mkdir()
        server = IndexServer(folder)
        server.__enter__()
        self.addCleanup(server.__exit__, None, None, None)
        return folder, server

    def other_wheel(self, folder, name, version, **options):
        options.setdefault("files", {name + ".py": "VERSION = %r\n" % version})
        return make_wheel(folder, name, version, **options)

    def upload(self, **times):
        """Sets upload times: `demo_1=...` is that of demo 1.0."""
        names = {"%s-%s.0-py3-none-any.whl" % tuple(key.split("_")): time for key, time in times.items()}
        self.server.set(format="json", upload_time=names)

    def assert_refused(self, script, *words, code=1, **options):
        done = self.run_fails(*(script if isinstance(script, tuple) else (script,)), code=code, **options)
        for word in words:
            self.assertIn(word, done.stderr)
        self.assertEqual(self.snapshots(), [])
        return done

    def index_table(self, url, *lines):
        return "\n".join(["[[tool.uv.index]]", 'name = "inner"', 'url = "%s"' % url, *lines])
