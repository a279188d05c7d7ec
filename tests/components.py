"""What a test needs from the machine. Absent, the test skips, unless `YMIR_REQUIRE` names it."""

import os
from importlib.util import find_spec

import pytest


def needs(name: str, is_there: bool, how: str) -> pytest.MarkDecorator:
    """Skip where the component called `name` is missing; `how` says how to get it.

    With `YMIR_REQUIRE=docker,browser` (as in CI) the same test runs, and fails, instead.
    """
    is_required = name in os.environ.get("YMIR_REQUIRE", "").split(",")
    return pytest.mark.skipif(not is_there and not is_required, reason=f"needs {name}: {how}")


S3 = needs(
    "s3",
    all(find_spec(name) for name in ("moto", "dvc_s3", "flask", "flask_cors")),
    "pip install 'moto[s3]' flask flask-cors dvc-s3",
)
