# /// script
# dependencies = ["ruamel.yaml", "ruamel.yaml.string", "zope.interface", "zope.event", "zope.schema", "googleapis-common-protos", "google-auth"]
# ///
"""Several distributions share one package, with and without an __init__.py; one uses an nspkg.pth."""
import google.auth
import google.protobuf
import google.rpc.status_pb2
import ruamel.yaml
import ruamel.yaml.string
import zope.event
import zope.interface
import zope.schema

assert ruamel.yaml.YAML(typ=["rt", "string"]).dump_to_string({"a": 1}) == "a: 1"


class IShape(zope.interface.Interface):
    area = zope.schema.Int()


@zope.interface.implementer(IShape)
class Square:
    area = 4


assert IShape.providedBy(Square())
assert google.rpc.status_pb2.Status(code=5).SerializeToString() == b"\x08\x05"
