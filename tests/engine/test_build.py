"""Images are built from a folder: the Dockerfile is fitted, and what fails says what it printed."""

import pytest

from tests.containers.base import DOCKER, api, base
from ymir.engine.build import Recipe, build, fitted, name
from ymir.engine.client import connect
from ymir.errors import EngineError


def test_only_the_first_stage_begins_otherwise_and_every_stage_knows_the_arguments():
    text = "ARG X=1\nFROM --platform=linux/amd64 python:3 AS made\nRUN a\nfrom made\nRUN b"
    assert fitted(text, "mine:1", ("PIP_INDEX_URL",)).splitlines() == [
        "ARG X=1",
        "FROM mine:1 AS made",
        "ARG PIP_INDEX_URL",
        "RUN a",
        "from made",
        "ARG PIP_INDEX_URL",
        "RUN b",
    ]


def test_nothing_is_changed_without_need():
    assert fitted("FROM a\nRUN b\n", None, ()) == "FROM a\nRUN b\n"


@DOCKER
def test_an_image_is_built_of_what_counts_and_gets_its_names(tmp_path):
    (tmp_path / "Dockerfile").write_text("FROM nowhere:1\nCOPY . /app\n")
    (tmp_path / "seen").write_text("x")
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "unseen").write_text("x")
    engine = connect()
    try:
        said = list(
            build(engine, Recipe(tmp_path, "ymir-test/built:1", base=base(), labels={"a": "b"}))
        )
        name(engine, "ymir-test/built:1", "ymir-test/built:2")
        assert any("COPY" in line for line in said)
        assert api().images.get("ymir-test/built:2").labels == {"a": "b"}
        out = api().containers.run("ymir-test/built:1", ["ls", "-A", "/app"], remove=True).decode()
        assert "seen" in out.split()
        assert ".venv" not in out.split()
    finally:
        for tag in ("1", "2"):
            api().images.remove(f"ymir-test/built:{tag}", force=True)


@DOCKER
def test_a_build_that_fails_says_what_was_printed(tmp_path):
    (tmp_path / "Dockerfile").write_text(f"FROM {base()}\nRUN echo no compiler; exit 3\n")
    with pytest.raises(EngineError, match=r"(?s)non-zero code: 3.*\| no compiler"):
        list(build(connect(), Recipe(tmp_path, "ymir-test/unbuilt:1")))
