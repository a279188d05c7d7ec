"""Inputs that are almost right: valid documents, changed in the ways that break readers."""

import io
import json
import tarfile
import zipfile
from collections.abc import Iterator, Sequence
from copy import deepcopy
from typing import Any

import yaml
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from tests.fuzz.target import LARGEST, Target

TEXTS = (
    "",
    " ",
    "\0",
    "a\0b",
    "\n",
    "a\nb",
    "\x1b[2J\x1b]0;x\x07",
    "\u202eevil\u2066",
    "\u2028",
    "\ufeff",
    "\ud800",
    "\udfff.jpg",
    "e\u0301" * 40,
    "../../../../etc/passwd",
    "/etc/passwd",
    "~/.ssh/id_rsa",
    "-rf",
    "--help",
    "a" * 300,
    "x/" * 2000,
    "..",
    ".",
    "/",
    "//",
    "\\\\host\\share",
    "C:\\x",
    "con",
    "$(id)",
    "`id`",
    "{{7*7}}",
    "%n%s",
    "nan",
    "inf",
    "-1",
    "1e400",
    "0x10",
    "١٢٣",
    "2026-13-45",
    "9999-12-31T23:59:59+23:59",
    "0001-01-01T00:00:00+23:59",
    "git@x:y",
    "file:///etc/passwd",
    "http://[::1",
    "v1",
    "NaN",
)
NUMBERS = (0, -0.0, -1, 1, 2, 0.5, 255, 2**31 - 1, 2**31, -(2**31), 2**32, 2**53 + 1, 2**63 - 1)
NUMBERS += (2**63, 2**64, -(2**63) - 1, 10**18, 10**25, 10**400, 1e308, -1e308, 5e-324, 1e16)
NUMBERS += (float("nan"), float("inf"), float("-inf"))
OTHERS = (None, True, False, [], {}, [[]], [{}], {"": None}, [None], {"a": {"b": {"c": 1}}})
_DEEP = 3000


def inputs(target: Target) -> SearchStrategy[bytes]:
    """Bytes for a reader: changed seeds mostly, and some that are of no kind at all."""
    changed = _OF_KIND[target.kind](target)
    return st.one_of(changed, changed, changed, _spliced(target), st.binary(max_size=200))


def _odd() -> SearchStrategy[Any]:
    return st.one_of(
        st.sampled_from(TEXTS), st.sampled_from(NUMBERS), st.sampled_from(OTHERS).map(deepcopy)
    )


@st.composite
def _documents(draw: DrawFn, values: Sequence[Any]) -> Any:
    """One of some values, with up to four changes at places inside it."""
    value = [deepcopy(draw(st.sampled_from(list(values))))]
    for _ in range(draw(st.integers(0, 4))):
        _change(draw, value)
    return value[0]


def _change(draw: DrawFn, root: list[Any]) -> None:
    """Replace, drop, double or rename what lies at some place."""
    holder, key = draw(st.sampled_from(_places(root)))
    match draw(st.sampled_from(("put", "put", "put", "drop", "double", "rename", "wrap", "swap"))):
        case "put":
            holder[key] = draw(_odd())
        case "drop" if holder is not root:
            del holder[key]
        case "double" if isinstance(holder, list) and holder is not root:
            holder.insert(key, deepcopy(holder[key]))
        case "rename" if isinstance(holder, dict):
            holder[draw(st.sampled_from(TEXTS))] = holder.pop(key)
        case "wrap":
            holder[key] = draw(st.sampled_from(([holder[key]], {"a": holder[key]})))
        case "swap":
            other, where = draw(st.sampled_from(_places(root)))
            holder[key] = deepcopy(other[where])


def _places(root: list[Any]) -> list[tuple[Any, Any]]:
    """Every place inside a value: what holds it, and under which key."""
    found: list[tuple[Any, Any]] = []
    waiting: list[Any] = [root]
    while waiting and len(found) < 400:
        each = waiting.pop()
        keys = list(each) if isinstance(each, dict) else list(range(len(each)))
        found += [(each, key) for key in keys]
        waiting += [each[key] for key in keys if isinstance(each[key], list | dict) and each[key]]
    return found


@st.composite
def _json(draw: DrawFn, target: Target) -> bytes:
    value = draw(_documents([json.loads(seed) for seed in target.seeds]))
    text = json.dumps(value, ensure_ascii=draw(st.booleans()))
    match draw(st.sampled_from(("", "", "", "", "deep", "cut", "twice", "bom", "tail", "digits"))):
        case "deep":
            text = text.replace("null", "[" * _DEEP + "]" * _DEEP) or text
            text = '{"a":' * _DEEP + text + "}" * _DEEP if draw(st.booleans()) else text
        case "cut":
            text = text[: draw(st.integers(0, len(text)))]
        case "twice":
            text = text.replace("{", '{"id": 1, "id": "2", ', 1)
        case "bom":
            text = "\ufeff" + text
        case "tail":
            text += draw(st.sampled_from(("x", "]", "}", "\0", text)))
        case "digits":
            text = text.replace("1", "9" * 5000, 1)
    return text.encode("utf-8", "surrogatepass")[:LARGEST]


@st.composite
def _yaml(draw: DrawFn, target: Target) -> bytes:
    values = [list(yaml.safe_load_all(seed)) for seed in target.seeds]
    documents = draw(_documents(values))
    many = documents if isinstance(documents, list) else [documents]
    text = yaml.safe_dump_all(
        many, sort_keys=False, allow_unicode=draw(st.booleans()), default_flow_style=None
    )
    match draw(st.sampled_from(("", "", "", "", "bomb", "tag", "merge", "deep", "cut", "self"))):
        case "bomb":
            text += _bomb()
        case "tag":
            text = text.replace(": ", draw(st.sampled_from(_TAGS)), 1)
        case "merge":
            text += "\nx: &x {a: 1}\ny:\n  <<: *x\n  <<: [*x, *x]\n"
        case "deep":
            text = text.replace("null", "[" * _DEEP + "]" * _DEEP) + "\nz: " + "[" * _DEEP
        case "cut":
            text = text[: draw(st.integers(0, len(text)))]
        case "self":
            text = text.replace(": ", ": &me ", 1) + "\nme: *me\nloop: &loop [*loop]\n"
    return text.encode("utf-8", "surrogatepass")[:LARGEST]


_TAGS = (": !!python/object/apply:os.system ", ": !!binary ", ": !!timestamp ", ": !!set ", ": !x ")
_TAGS += (": !!python/name:os.system ", ": !!omap ", ": !!int ", ": !!float ", ": !!null ")


def _bomb() -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    return "\n" + "\n".join(lines) + "\n"


@st.composite
def _lines(draw: DrawFn, target: Target) -> bytes:
    """A text whose lines, words and numbers are others."""
    text = draw(st.sampled_from(list(target.seeds)))
    for _ in range(draw(st.integers(1, 5))):
        text = _edited(draw, text, target)
    return text[:LARGEST]


def _edited(draw: DrawFn, text: bytes, target: Target) -> bytes:
    at = draw(st.integers(0, len(text)))
    end = min(len(text), at + draw(st.integers(0, 12)))
    said = [each.encode("utf-8", "surrogatepass") for each in TEXTS]
    said += [str(each).encode() for each in NUMBERS] + [*target.words, *_XML]
    match draw(st.sampled_from(("put", "put", "drop", "double", "word", "cut"))):
        case "put":
            return text[:at] + draw(st.sampled_from(said)) + text[end:]
        case "drop":
            return text[:at] + text[end:]
        case "double":
            return text[:end] + text[at:]
        case "word" if target.words:
            old, new = (draw(st.sampled_from(list(target.words))) for _ in range(2))
            return text.replace(old, new, 1)
        case _:
            return text[:at]


_XML = (
    b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
    b"&x;",
    b"&#0;",
    b"&#xD800;",
    b"<![CDATA[",
    b"<!--",
    b'<?xml version="1.0" encoding="UTF-16"?>',
    b'<?xml version="1.0" encoding="x-unknown"?>',
    b"<a>" * 2000,
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\r",
)


def _spliced(target: Target) -> SearchStrategy[bytes]:
    """Seeds whose bytes are others, whatever they mean."""
    return _lines(target)


@st.composite
def _zip(draw: DrawFn, target: Target) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content, mode in draw(_members()):
            entry = zipfile.ZipInfo(name.replace("\0", "") or "x")
            entry.external_attr = mode << 16
            entry.compress_type = draw(st.sampled_from((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)))
            archive.writestr(entry, content)
    return _bent(draw, file.getvalue())


@st.composite
def _tar(draw: DrawFn, target: Target) -> bytes:
    file = io.BytesIO()
    packing = draw(st.sampled_from(("w", "w:gz", "w:bz2", "w:xz")))
    form = draw(st.sampled_from((tarfile.PAX_FORMAT, tarfile.GNU_FORMAT)))
    with tarfile.open(fileobj=file, mode=packing, format=form) as archive:
        for name, content, mode in draw(_members()):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), mode & 0o7777
            entry.type = draw(st.sampled_from(_TYPES))
            entry.linkname = draw(st.sampled_from(_NAMES))
            archive.addfile(entry, io.BytesIO(content))
    return _bent(draw, file.getvalue())


_TYPES = (tarfile.REGTYPE,) * 6
_TYPES += (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE)
_NAMES = (
    *(each for each in TEXTS if "\ud800" not in each and "\udfff" not in each),
    "a.jpg",
    "images/a.jpg",
    "A.jpg",
    "images/A.JPG",
    "dir/",
    "images",
    "a.jpg/b",
    "./a.jpg",
    "annotations/a.xml",
    "ymir-info.yaml",
    "sha256sums",
)


def _members() -> SearchStrategy[list[tuple[str, bytes, int]]]:
    contents = st.sampled_from((b"", b"x", b"0" * 100_000, b"\x89PNG", b"{}"))
    modes = st.sampled_from((0o100644, 0o100644, 0o120777, 0o40755, 0o20666, 0o104755, 0))
    return st.lists(st.tuples(st.sampled_from(_NAMES), contents, modes), max_size=6)


def _bent(draw: DrawFn, content: bytes) -> bytes:
    """The same with up to three bytes changed, or cut."""
    bent = bytearray(content)
    for _ in range(draw(st.integers(0, 3)) if bent else 0):
        bent[draw(st.integers(0, len(bent) - 1))] = draw(st.integers(0, 255))
    is_cut = draw(st.integers(0, 5)) == 0
    return bytes(bent[: draw(st.integers(0, len(bent)))] if is_cut else bent)[:LARGEST]


_OF_KIND = {
    "json": _json,
    "yaml": _yaml,
    "lines": _lines,
    "bytes": _lines,
    "zip": _zip,
    "tar": _tar,
}


def sweep(target: Target) -> Iterator[bytes]:
    """Every seed with one odd value at one place: each value at each place."""
    if target.kind not in ("json", "yaml"):
        return
    for seed in target.seeds:
        root = [json.loads(seed) if target.kind == "json" else _plain(seed)]
        for holder, key in _places(root):
            kept = holder[key]
            for odd in (*TEXTS, *NUMBERS, *OTHERS):
                holder[key] = odd
                text = json.dumps(root[0])  # which is YAML, too, but for a few numbers
                yield text.encode()[:LARGEST]
            holder[key] = kept


def _plain(seed: bytes) -> Any:
    """The first document, without dates."""
    value = next(iter(yaml.safe_load_all(seed)))
    return json.loads(json.dumps(value, default=str))
