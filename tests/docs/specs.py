"""The specs that pages show, whole or in part, held against the published schemas."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import yaml
from jsonschema import Draft202012Validator

from ymir.spec.catalogue import KINDS
from ymir.spec.schema import schema


def why_wrong(text: str) -> Iterator[str]:
    """What is wrong with each document of a block; a document without `kind` is a part of one."""
    for document in yaml.safe_load_all(text):
        if not isinstance(document, dict):
            yield f"not a mapping: {document!r}"
        elif "kind" in document:
            yield from _whole({"apiVersion": "ymir/v1", **document})
        else:
            yield from _part(document)


def _whole(document: dict[str, Any]) -> Iterator[str]:
    kind = document["kind"]
    if kind not in KINDS:
        yield f"no kind is called `{kind}`"
        return
    for error in _validator(kind).iter_errors(document):
        if error.validator != "required" or "apiVersion" in error.message:
            yield f"{error.json_path}: {error.message}"


def _part(document: dict[str, Any]) -> Iterator[str]:
    """Fields of some kind, right at its top."""
    kinds = [kind for kind in KINDS if set(document) <= set(schema(kind)["properties"])]
    if not kinds:
        yield f"no kind has all of {', '.join(map(str, document))}"
    problems = {
        kind: [*_whole({**document, "kind": kind, "apiVersion": "ymir/v1"})] for kind in kinds
    }
    if kinds and all(problems.values()):
        yield from next(iter(problems.values()))


@cache
def _validator(kind: str) -> Draft202012Validator:
    return Draft202012Validator(schema(kind))
