"""Single corruptions of an LMDB data file: of every kind of page and of every field that locates other data.

The layout is that of store/index/index_page_format.h.
"""
import os
import struct

PAGE = os.sysconf("SC_PAGESIZE")
BRANCH, LEAF, OVERFLOW = 1, 2, 4
BIG_DATA = 1


class Changed(bytearray):
    """The bytes of a file; fields can be changed."""

    def put(self, at, form, value):
        struct.pack_into("<" + form, self, at, value % (1 << 8 * struct.calcsize(form)))
        return self

    def add(self, at, form, value):
        return self.put(at, form, struct.unpack_from("<" + form, self, at)[0] + value)


def field(data, at, form):
    return struct.unpack_from("<" + form, data, at)[0]


def offsets(data, page):
    lower = field(data, page * PAGE + 12, "H")
    return [page * PAGE + field(data, page * PAGE + at, "H") for at in range(16, lower, 2)]


def pages_by_kind(data):
    """Pages that the current transaction refers to; other pages hold data of earlier transactions."""
    current = max((0, 1), key=lambda page: field(data, page * PAGE + 144, "Q")) * PAGE
    found = {BRANCH: [], LEAF: [], OVERFLOW: []}

    def follow(page, depth):
        found[LEAF if depth == 1 else BRANCH].append(page)
        for at in offsets(data, page):
            if depth > 1:
                follow(field(data, at, "I") | field(data, at + 4, "H") << 32, depth - 1)
            elif field(data, at + 4, "H") & BIG_DATA:
                found[OVERFLOW].append(field(data, at + 8 + field(data, at + 6, "H"), "Q"))

    for tree in (40, 88):
        if field(data, current + tree + 6, "H"):
            follow(field(data, current + tree + 40, "Q"), field(data, current + tree + 6, "H"))
    return found


def of_header(data, page):
    at = page * PAGE
    for name, offset, form, change in (("number", 0, "Q", 1), ("kind", 10, "H", 1), ("further kind", 10, "H", 0x20)):
        yield name, Changed(data).add(at + offset, form, change)


def of_nodes(data, page, draw):
    """Damages to a leaf or branch page."""
    yield from of_header(data, page)
    at = page * PAGE
    lower, upper = field(data, at + 12, "H"), field(data, at + 14, "H")
    for value in (0, 2, lower + 1, lower + 2, upper + 2, PAGE, 0xFFFF):
        yield "lower", Changed(data).put(at + 12, "H", value)
    for value in (0, lower - 2, upper - 2, upper + 2, PAGE + 2, 0xFFFF):
        yield "upper", Changed(data).put(at + 14, "H", value)
    places = offsets(data, page)
    index = draw.randrange(len(places))
    for value in (0, 8, PAGE - 2, 0xFFF0):
        yield "place of a node", Changed(data).put(at + 16 + 2 * index, "H", value)
    if len(places) > 1:
        other = draw.choice([place for place in places if place != places[index]])
        yield "two nodes in one place", Changed(data).put(at + 16 + 2 * index, "H", other - at)
    for value in (0, 1, page, 1 << 31, 0xFFFFFFFF):
        yield "size or child", Changed(data).put(places[index], "I", value)
    for value in (1, 2, 4, 0xFFFF):
        yield "flags of a node", Changed(data).put(places[index] + 4, "H", value)
    for value in (0, 512, PAGE, 0xFFFF):
        yield "size of a key", Changed(data).put(places[index] + 6, "H", value)
    yield "a key", Changed(data).put(places[index] + 8, "Q", draw.getrandbits(64))


def of_value(data, page):
    """Damages to the first page of a value that spans several pages."""
    yield from of_header(data, page)
    for value in (0, 1 << 20, 0xFFFFFFFF):
        yield "pages of a value", Changed(data).put(page * PAGE + 12, "I", value)


def of_page(data, page, draw):
    at = page * PAGE
    yield "zeros", Changed(data[:at] + bytes(PAGE) + data[at + PAGE:])
    yield "noise", Changed(data[:at] + draw.randbytes(PAGE) + data[at + PAGE:])
    other = draw.choice([n for n in range(len(data) // PAGE) if n != page]) * PAGE
    yield "a copy of another page", Changed(data[:at] + data[other:other + PAGE] + data[at + PAGE:])
    yield "cut before a page", data[:at]
    yield "cut in a page", data[:at + PAGE // 2]


def of_meta(data):
    first, second, rest = data[:PAGE], data[PAGE:2 * PAGE], data[2 * PAGE:]
    yield "first pages swapped", second + first + rest
    yield "one first page twice", first + first + rest
    yield "one first page twice", second + second + rest
    for at in (0, PAGE):
        for change in (1, 2, -2, 1 << 40):
            yield "transaction", Changed(data).add(at + 144, "Q", change)
        yield "magic number", Changed(data).add(at + 16, "I", 1)
        yield "version", Changed(data).add(at + 20, "I", 1)
        for tree in (40, 88):
            yield "page size", Changed(data).add(at + tree, "I", 1)
            yield "flags of a tree", Changed(data).add(at + tree + 4, "H", 4)
            for change in (-1, 1, 40):
                yield "depth", Changed(data).add(at + tree + 6, "H", change)
            for value in (0, 1, 2, len(data) // PAGE, 1 << 40, (1 << 64) - 1):
                yield "root", Changed(data).put(at + tree + 40, "Q", value)
        for value in (1, 3, 1 << 20, 1 << 60):
            yield "last page", Changed(data).put(at + 136, "Q", value)
        yield from of_header(data, at // PAGE)


def damages(data, draw):
    """{kind: [bytes]}: copies of the whole file, each with one corruption."""
    found = {"no bytes": [b""], "one byte": [b"x"]}

    def add(where, some):
        for what, changed in some:
            if bytes(changed) != data:
                found.setdefault("%s: %s" % (where, what), []).append(bytes(changed))

    add("meta", of_meta(data))
    for kind, pages in pages_by_kind(data).items():
        name = {BRANCH: "branch", LEAF: "leaf", OVERFLOW: "value"}[kind]
        for page in pages:
            add(name, of_value(data, page) if kind == OVERFLOW else of_nodes(data, page, draw))
            add(name, of_page(data, page, draw))
    for kind in found.values():
        draw.shuffle(kind)
    return found
