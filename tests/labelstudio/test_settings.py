"""Settings are checked before anything is asked, without a secret, a library or a server."""

import subprocess
import sys

import pytest
from pydantic import ValidationError

from ymir.labelstudio.settings import Settings, address_of

PLAIN = {"url": "https://labels.example/ls", "token": {"env": "TOKEN"}}
SHARED = {"path": "shared", "root": "/data"}
ADDRESS = "https://images.example/{image}"


def refused(**given):
    with pytest.raises(ValidationError) as error:
        Settings.model_validate({**PLAIN, **given})
    return "; ".join(each["msg"] for each in error.value.errors())


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"images": "folder"}, "`images: folder` needs `folder`"),
        ({"images": "address"}, "`images: address` needs `address`"),
        ({"folder": SHARED}, "`folder` is for `images: folder`"),
        ({"images": "folder", "folder": SHARED, "address": ADDRESS}, "is for `images: address`"),
        ({"images": "address", "address": "https://a/b.jpg"}, "is the same for several images"),
        ({"images": "address", "address": "https://a/{image"}, "no other braces"),
        ({"images": "address", "address": "https://a/{}{0}"}, "no other braces"),
        ({"images": "address", "address": "https://a/{image.__len__}"}, "no other braces"),
        ({"images": "address", "address": "https://a/{image:>99999999}"}, "no other braces"),
        ({"images": "address", "address": "https://a/{image!r}"}, "no other braces"),
        ({"images": "address", "address": "javascript:{image}"}, "must be an address"),
        ({"url": "labels.example"}, "must be an address"),
        ({"url": "https://labels.example?x=1"}, "must be an address"),
        ({"patience": "soon"}, "should match"),
    ],
)
def test_what_does_not_fit_together_is_refused(given, said):
    assert said in refused(**given)


def test_neither_a_password_nor_a_token_is_repeated():
    assert "hunter2" not in refused(url="https://me:hunter2@labels.example")
    assert "hunter2" not in refused(token="hunter2")  # noqa: S106 - the one that is not repeated


@pytest.mark.parametrize(
    ("pattern", "address"),
    [
        ("https://a/{image}.{format}", "https://a/0123.jpg"),
        ("/proxy/{head}/{tail}", "/proxy/01/23"),
        ("https://a/{file}?v=1", "https://a/day%201/%C3%A4%3F.jpg?v=1"),
    ],
)
def test_an_address_names_the_image(pattern, address):
    assert address_of(pattern, "0123", "jpg", "day 1/ä?.jpg") == address


def test_checking_them_loads_neither_tables_nor_http():
    code = (
        "import sys, ymir.labeling.label_studio as tool\n"
        f"tool.Settings.model_validate({PLAIN!r})\n"
        "print(sorted({'polars', 'httpx', 'PIL', 'numpy'} & set(sys.modules)))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"
