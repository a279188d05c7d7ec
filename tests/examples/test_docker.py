"""The example of containers as its README tells it: ymir is killed, and goes on."""

import shutil
import time
from pathlib import Path

import pytest

from tests.components import needs
from tests.containers.base import DOCKER, base
from tests.containers.workspaces import containers, started_since
from tests.examples.readme import does_nothing, follow
from tests.workspaces import ENVIRONMENT, Workspace

CLIENT = needs("docker", shutil.which("docker") is not None, "install Docker's client")


@DOCKER
@CLIENT
def test_a_container_outlives_ymir_and_a_second_run_does_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ENVIRONMENT, "BASE", base())
    begun = time.time()
    follow("docker", tmp_path, edits={"pause: 15": "pause: 8"})
    lamps = Workspace(tmp_path / "lamps")
    assert len(started_since(begun, lamps, "lamps-r1-train")) == 1
    assert not containers(lamps)
    said = (lamps.root / "apply.log").read_text()
    assert "lamps/r1/train …" in said
    assert "✓ lamps/r1/train  (" not in said
    lamps.run("git", "commit", "--quiet", "--all", "--message", "Quicker")
    does_nothing(lamps)


def test_nothing_but_its_image_may_run(tmp_path: Path) -> None:
    home = Workspace(tmp_path)
    assert home.ymir("init", "--example", "docker", "lamps").returncode == 0
    lamps = Workspace(tmp_path / "lamps")
    assert lamps.ymir("validate").returncode == 0
    spec = lamps.root / "specs" / "project.yaml"
    text = spec.read_text()
    for other, why in (
        ("image: lamps-detector:1\nnetwork: true", "does not allow (`allow: network`)"),
        ("command: [python3, detector/detector.py]", "does not allow (`allow: commands`)"),
        ("image: somebody/else:1", "is not an image that `Workspace` allows"),
    ):
        spec.write_text(text.replace("image: lamps-detector:1", other))
        refused = lamps.ymir("validate")
        assert refused.returncode == 1
        assert why in refused.stderr, refused.stderr
