"""`ymir explain`."""

import pytest

from ymir.cli.explain import command
from ymir.errors import SpecError


def test_a_field_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    command("Project.mine.topk")
    assert capsys.readouterr().out == (
        "Project.mine.topk — a whole number above 0; required\n"
        "\n"
        "    How many images to label in each round.\n"
    )


def test_an_unknown_field_is_refused() -> None:
    with pytest.raises(SpecError) as caught:
        command("Project.mine.top")
    assert caught.value.hint == "did you mean `Project.mine.topk`?"
