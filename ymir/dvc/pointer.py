"""A `.dvc` file: which folder it tracks, its content's digest, and what ymir notes beside it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from pydantic import JsonValue

from ymir.documents import yaml_of
from ymir.dvc.files import write_whole
from ymir.dvc.objects import is_digest
from ymir.errors import StoreError

Keys = Mapping[str, JsonValue]

# Text that PyYAML writes plain but YAML 1.2, which DVC reads, takes for a number: `12e4`, `0o17`.
_NUMBER = re.compile(r"[-+]?(\.\d+|\d[\d.]*)([eE][-+]?\d+)?|0o[0-7]+")


@dataclass(frozen=True)
class Pointer:
    """The tracked folder `path` (seen from the pointer), its digest, and notes about it.

    `more` and `more_out` are keys that others wrote into the file; they are kept.
    """

    path: str
    digest: str
    size: int
    files: int
    meta: Keys = field(default_factory=dict)
    more: Keys = field(default_factory=dict)
    more_out: Keys = field(default_factory=dict)


def read(path: Path) -> Pointer:
    """Read a `.dvc` file that tracks one folder."""
    return parse(path.read_bytes(), path)


def parse(text: bytes, path: Path) -> Pointer:
    """The pointer in a text that lies, or lay, at `path`."""
    try:
        document = yaml_of(text)
        (out,) = document["outs"]
        return Pointer(
            path=str(out["path"]),
            digest=_sound(out["md5"]),
            size=out.get("size", 0),
            files=out.get("nfiles", 1),
            meta=_keys(document.get("meta") or {}),
            more=_without(document, "outs", "meta"),
            more_out=_without(out, "md5", "size", "nfiles", "hash", "path"),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        hint = f"bring it back: `git checkout -- {path.name}`, or settle the merge conflict in it"
        raise StoreError(f"`{path}` is not a DVC file that ymir wrote", hint=hint) from error


def write(path: Path, pointer: Pointer) -> None:
    """Write a `.dvc` file as DVC 3 does, whole at every moment."""
    write_whole(path, render(pointer))


def render(pointer: Pointer) -> str:
    """The text of a `.dvc` file; equal pointers have equal texts."""
    out = {
        "md5": pointer.digest,
        "size": pointer.size,
        "nfiles": pointer.files,
        "hash": "md5",
        "path": pointer.path,
        **pointer.more_out,
    }
    document: dict[str, object] = {**pointer.more, "outs": [out]}
    if pointer.meta:
        document["meta"] = dict(pointer.meta)
    return yaml.dump(
        document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=False
    )


class _Dumper(yaml.CSafeDumper):
    """Quotes what DVC's YAML 1.2 would not read back as text."""

    def ignore_aliases(self, data: object) -> bool:
        """Equal values are written twice: people and diffs read no anchors."""
        return True


def _text(dumper: yaml.CSafeDumper, value: str) -> yaml.ScalarNode:
    style = "'" if _NUMBER.fullmatch(value) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)


def _sound(digest: str) -> str:
    if not is_digest(digest):
        raise ValueError(digest)
    return digest


def _keys(meta: object) -> Keys:
    if not isinstance(meta, dict):
        raise TypeError(meta)
    return meta


def _without(mapping: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in mapping.items() if key not in keys}
