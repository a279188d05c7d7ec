"""How a stage's requests become jobs, as the workspace's backend wants them."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.fakes import MemoryStore
from tests.plan.worlds import catalogue
from ymir.media.store import MediaStore
from ymir.plan.snapshot import Recipe
from ymir.plan.stage import Stage
from ymir.spec.workspace import BackendSpec, WorkspaceSpec
from ymir.stages.executing import runner_of
from ymir.stages.kind import Work


def work(workspace: Path, **settings: object) -> Work:
    where = BackendSpec.model_validate({"use": "slurm", "with": settings})
    specs = replace(catalogue(), workspace=WorkspaceSpec(backend=where))
    executor = next(iter(specs.executors))
    return Work(
        stage=Stage("p/r1/train", "train", (), {"executor": executor}),
        recipe=Recipe("train", {}, {}),
        catalogue=specs,
        store=MemoryStore(),
        media=MediaStore(workspace),
        workspace=workspace,
        folder=workspace / ".ymir" / "jobs" / "x",
    )


def test_images_come_from_the_remote_where_the_backend_is_told_so(tmp_path: Path) -> None:
    away = runner_of(work(tmp_path, data="remote", scratch="/local", cache="2g")).away
    assert away is not None
    assert away.workspace == tmp_path.resolve()
    assert away.home.is_relative_to("/local")
    assert away.limit == 2 << 30


@pytest.mark.parametrize("settings", [{}, {"data": "shared", "scratch": "/local"}])
def test_images_are_links_otherwise(tmp_path: Path, settings: dict[str, str]) -> None:
    assert runner_of(work(tmp_path, **settings)).away is None
