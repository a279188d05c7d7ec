"""What a run brings to the machine before it needs it, and what it leaves alone."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import workspaces
from tests.containers.base import DOCKER, api, base, build
from tests.containers.workspaces import ONE_ROUND, make
from tests.engine.registry import REGISTRY, image, log_in, serving
from ymir.cli.images import LocalImages
from ymir.cli.running.display import Display
from ymir.cli.running.supply import Supply
from ymir.cli.workspace import open_workspace
from ymir.errors import EngineError
from ymir.plan.world import UNREAD


@pytest.fixture
def images() -> Iterator[LocalImages]:
    found = LocalImages()
    yield found
    found.close()


@REGISTRY
def test_a_pull_ends_when_the_run_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, images: LocalImages
) -> None:
    folder = tmp_path / "registry"
    folder.mkdir()
    with serving(folder) as registry:
        for name, value in log_in(tmp_path / "docker", registry.host).items():
            monkeypatch.setenv(name, value)
        reference = registry.push(image("stopped"), "acme/layers:1")
        root = make(tmp_path / "pets", reference, **ONE_ROUND).root
        display = Display(root, is_quiet=True)
        supply = Supply(open_workspace(root), display, images)
        display.stop()
        assert supply.look().executors == {"blocks": UNREAD}
        assert not images.is_here(reference)
        display.was_stopped = False
        assert supply.look().executors["blocks"] != UNREAD
        assert images.is_here(reference)


@DOCKER
def test_a_tag_that_moves_during_a_run_is_seen_before_the_next_stage(
    tmp_path: Path, images: LocalImages
) -> None:
    tag = "ymir-test/moves:1"
    api().images.get(base()).tag(tag)
    root = make(tmp_path / "pets", tag, **ONE_ROUND).root
    supply = Supply(open_workspace(root), Display(root, is_quiet=True), images)
    before = supply.look()
    assert supply.look() == before
    api().images.get(build("moved", {"app/other.txt": "another image"})).tag(tag)
    assert supply.look().executors["blocks"] not in (UNREAD, before.executors["blocks"])
    api().images.remove(tag)


def test_a_bundled_executor_without_its_image_is_refused_with_the_command_that_makes_it(
    tmp_path: Path,
) -> None:
    root = make(tmp_path / "pets", "acme/blocks:1", **ONE_ROUND).root
    file = root / "specs" / "all.yaml"
    file.write_text(
        file.read_text().replace("image: acme/blocks:1", "bundled: tinydet\nenv: {A: b}")
    )
    said = Unbuilt()
    supply = Supply(open_workspace(root), Display(root, is_quiet=True), said)
    with pytest.raises(
        EngineError, match=r"image ymir-tinydet:\w{12} is not on this machine"
    ) as no:
        supply.look()
    assert no.value.hint == "`ymir executor build tinydet` makes it"
    assert said.asked == 1


class Unbuilt(LocalImages):
    """An engine that has no image at all."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    def is_here(self, reference: str) -> bool:
        self.asked += 1
        return False


def test_a_plan_without_images_loads_nothing_that_knows_docker(tmp_path: Path) -> None:
    workspace = workspaces.make(tmp_path / "pets", **ONE_ROUND)
    code = (
        "import sys, typer; from pathlib import Path; import ymir.cli.plan as p\n"
        "try: p.command(workspace=Path(sys.argv[1]))\n"
        "except typer.Exit as ended: print(ended.exit_code, 'docker' in sys.modules)"
    )
    command = [sys.executable, "-c", code, str(workspace.root)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "2 False"
