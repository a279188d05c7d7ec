"""The exchanges in `exchanges/`, and what cvat-sdk itself says that such exchanges look like.

They are not recordings: none can run a CVAT server here. They were written from the models of
cvat-sdk 2.80.0 and the API that it describes; `test_exchanges.py` holds them to these models.
"""

import json
import re
from functools import cache
from pathlib import Path

from cvat_sdk.api_client import ApiClient, Configuration, apis
from cvat_sdk.api_client.api_client import Endpoint
from cvat_sdk.api_client.model_utils import OpenApiModel, validate_and_convert_types

SDK = "2.80.0"  # for which they were written
NAMES = sorted(file.stem for file in Path(__file__).with_name("exchanges").glob("*.json"))


@cache
def text_of(name):
    return Path(__file__).with_name("exchanges").joinpath(f"{name}.json").read_text()


def exchange(name):
    """What is asked and what is answered."""
    return json.loads(text_of(name))


def answer(name):
    """The body of an answer, to be filled in."""
    return exchange(name)["answer"]["body"]


@cache
def _endpoints():
    client = ApiClient(Configuration(host="http://cvat.example"))
    kinds = [getattr(apis, name) for name in dir(apis) if name.endswith("Api")]
    every = [each for kind in kinds for each in vars(kind(client)).values()]
    return [each for each in every if isinstance(each, Endpoint)]


def endpoint(method, path):
    """The SDK's endpoint for a request."""
    for each in _endpoints():
        pattern = "[^/]+".join(map(re.escape, re.split(r"\{[^}]+\}", each.path)))
        if each.settings["http_method"] == method and re.fullmatch(pattern, path):
            return each
    raise AssertionError(f"cvat-sdk has no {method} {path}")


def check_answer(method, path, body):
    """Fail unless the SDK takes the body of an answer for one, and knows all that is in it."""
    schema = endpoint(method, path).settings["response_schema"]
    if schema and body is not None:
        _check(body, schema)


def check_ask(method, path, body, query=()):
    """Fail unless the SDK takes the body of a request for one, and knows its query."""
    asked = endpoint(method, path)
    assert set(query) <= set(asked.attribute_map.values())
    kinds = [name for name, place in asked.location_map.items() if place == "body"]
    if body is not None:
        _check(body, asked.openapi_types[kinds[0]])


def _check(body, kinds):
    model = validate_and_convert_types(
        body, kinds, ["body"], True, True, configuration=Configuration()
    )
    _check_keys(model, body)


def _check_keys(model, body):
    if isinstance(model, OpenApiModel) and isinstance(body, dict):
        known = {model.attribute_map[name]: name for name in model.openapi_types}
        assert set(body) <= set(known), f"{type(model).__name__} has no {set(body) - set(known)}"
        for key, value in body.items():
            _check_keys(getattr(model, known[key], None), value)
    elif isinstance(model, list):
        for one, each in zip(model, body, strict=True):
            _check_keys(one, each)
