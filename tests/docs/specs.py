"""The specs that pages show, whole or in part, held against the published schemas."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import yaml
from jsonschema import Draft202012Validator

from ymir.spec.catalogue import KINDS
from ymir.spec.schema import schema


def why_wrong(text: str) -> Iterator[str]:
    """What is wrong with each document of a block; without `apiVersion` it is a part of one."""
    for document in yaml.safe_load_all(text):
        if not isinstance(document, dict):
            yield f"not a mapping: {document!r}"
        elif "apiVersion" in document:
            yield from _errors(document, document.get("kind", ""))
        else:
            yield from _errors_of_part(document)


def _errors(document: dict[str, Any], kind: str) -> Iterator[str]:
    if kind not in KINDS:
        yield f"no kind is called `{kind}`"
        return
    for error in _validator(kind).iter_errors(document):
        yield f"{error.json_path}: {error.message}"


def _errors_of_part(part: dict[str, Any]) -> Iterator[str]:
    """Fields of some kind, each right by itself."""
    told = [part["kind"]] if part.get("kind") in KINDS else KINDS
    kinds = [kind for kind in told if set(part) <= set(schema(kind)["properties"])]
    if not kinds:
        yield f"no kind has all of {', '.join(map(str, part))}"
        return
    problems = [[*_errors_of_fields(part, kind)] for kind in kinds]
    yield from min(problems, key=len)


def _errors_of_fields(part: dict[str, Any], kind: str) -> Iterator[str]:
    for error in _validator(kind).iter_errors(part):
        if error.absolute_path:  # not what is missing beside these fields
            yield f"{error.json_path}: {error.message}"


@cache
def _validator(kind: str) -> Draft202012Validator:
    return Draft202012Validator(schema(kind))
