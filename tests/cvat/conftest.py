"""The played-back server, and how a spec names it."""

import pytest

from tests.cvat.replay import TOKEN, replaying


@pytest.fixture
def cvat():
    with replaying() as replay:
        yield replay


@pytest.fixture
def asked(cvat, monkeypatch):
    """What stands under `with`."""
    monkeypatch.setenv("CVAT_TOKEN", TOKEN)
    return {"url": cvat.url, "token": {"env": "CVAT_TOKEN"}, "patience": "1s"}
