"""`ymir executor ls` and `show` say what there is, without running anything."""

import pytest

from tests.workspaces import Workspace


@pytest.fixture
def workspace(tmp_path):
    specs = tmp_path / "specs"
    specs.mkdir()
    labels = "apiVersion: ymir/v1\nkind: Labels\nclasses: [cat]\n---\n"
    image = "apiVersion: ymir/v1\nkind: Executor\nname: theirs\nimage: ghcr.io/acme/no-such:1\n"
    (specs / "all.yaml").write_text(labels + image)
    made = Workspace(tmp_path)
    assert made.ymir("executor", "new", "birds").returncode == 0
    return made


def test_own_and_bundled_executors_are_listed_with_how_they_run(workspace):
    rows = {each["name"]: each for each in workspace.data("executor", "ls")}
    assert {"birds", "theirs", "tinydet", "rtdetr"} <= rows.keys()
    assert rows["birds"]["runs"] == "python3 executors/birds/start.py"
    assert rows["birds"]["state"] == "ready"
    assert rows["theirs"]["state"] in ("image is not here", "no container engine answers")
    assert rows["tinydet"]["runs"] == "bundled tinydet"
    assert set(rows["tinydet"]["tasks"]) == {"training", "mining", "infer"}


def test_parameters_are_shown_with_defaults_and_words(workspace):
    said = workspace.ymir("executor", "show", "birds").stdout
    (line,) = {each for each in said.splitlines() if "confidence_threshold" in each}
    assert line.split() == [
        "confidence_threshold",
        "0.1",
        *["objects", "with", "a", "lower", "score", "are", "left", "out"],
    ]
    data = workspace.data("executor", "show", "tinydet")
    assert data["tasks"]["training"]["iterations"] == 800
    assert data["comments"]["training"]["crop"].endswith("set it to image_size")


def test_the_template_is_no_executor_that_ships(workspace):
    assert "new" not in {each["name"] for each in workspace.data("executor", "ls")}
