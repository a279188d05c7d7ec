"""Whole loops over images: which one made a round, which one is here, and who brings it."""

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests import workspaces
from tests.containers.base import DOCKER, api, build
from tests.containers.images import blocks
from tests.containers.workspaces import ONE_ROUND, job_of, make, specify
from tests.engine.registry import REGISTRY, Registry, log_in, serving
from tests.workspaces import Workspace
from ymir.contracts.store import stores
from ymir.errors import Exit

NOWHERE = "127.0.0.1:1/acme/blocks:1"  # a registry that does not answer
MANUAL = {
    "img-man/manifest.yaml": '"object_type": 2',
    "img-man/training-template.yaml": "pause: 0\nshm_size: 64m\ngpu_count: 0\n",
    "img-man/infer-template.yaml": "pause: 0\n",
}


@pytest.fixture
def tag() -> Iterator[str]:
    """A name for the image that works, which the test may move and take away."""
    name = "ymir-test/moving:1"
    api().images.get(blocks()).tag(name)
    yield name
    if api().images.list(name=name):
        api().images.remove(name)


@pytest.fixture
def no_engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(workspaces.ENVIRONMENT, "DOCKER_HOST", f"unix://{tmp_path}/none.sock")


def versions(workspace: Workspace) -> list[str]:
    """Everything that is recorded."""
    return sorted(each.name for each in (workspace.root / "data").rglob("*.dvc"))


def executor_of(workspace: Workspace) -> str:
    """The digest of the program that trained the first round."""
    observed = stores.load("dvc").connect(workspace.root).observe()
    return observed["pets/r1/train"].recipe.inputs["executor"]


@DOCKER
def test_what_is_recorded_stays_without_the_image_and_without_an_engine(
    tmp_path: Path, tag: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = make(tmp_path / "pets", tag, **ONE_ROUND)
    applied = workspace.ymir("apply")
    assert applied.returncode == Exit.DONE, applied.stdout + applied.stderr
    before = versions(workspace)

    api().images.remove(tag)
    for host in (None, f"unix://{tmp_path}/none.sock"):
        if host:
            monkeypatch.setitem(workspaces.ENVIRONMENT, "DOCKER_HOST", host)
        planned = workspace.ymir("plan")
        assert planned.returncode == Exit.DONE, planned.stdout + planned.stderr
        assert planned.stdout.splitlines()[-1] == "nothing to do"
        assert "~" not in planned.stdout
        again = workspace.ymir("apply")
        assert again.returncode == Exit.DONE, again.stdout + again.stderr
        assert "✓" not in again.stdout
        assert workspace.ymir("validate").returncode == Exit.DONE
    assert versions(workspace) == before


@DOCKER
def test_a_tag_that_moved_holds_from_the_next_round_on(tmp_path: Path, tag: str) -> None:
    workspace = make(tmp_path / "pets", tag, **ONE_ROUND)
    assert workspace.ymir("apply").returncode == Exit.DONE
    assert workspace.data("plan")["edits"] == []
    other = build("moved", {"app/other.txt": "another image"})
    api().images.get(other).tag(tag)
    assert workspace.data("plan") | {"projects": [], "cost": {}} == {
        "steps": [],
        "edits": [
            {
                "project": "pets",
                "category": "forward",
                "what": "the program of executor blocks changed",
                "effect": "holds from the next round on",
            }
        ],
        "cost": {},
        "projects": [],
        "settled": True,
        "lacks": [],
        "notes": [],
    }
    again = workspace.ymir("apply")
    assert again.returncode == Exit.DONE
    assert "✓" not in again.stdout


@REGISTRY
def test_apply_pulls_what_its_next_stages_run_in_and_plan_only_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "registry"
    folder.mkdir()
    with serving(folder) as registry:
        reference = move_to(registry)
        workspace = make(tmp_path / "pets", reference, **ONE_ROUND)
        planned = workspace.ymir("plan")
        assert planned.returncode == Exit.PENDING
        note = f"image {reference} is not on this machine: apply will pull it"
        assert planned.stdout.splitlines()[-1] == note
        assert workspace.data("plan")["notes"] == [note]

        refused = workspace.ymir("apply")
        assert refused.returncode == Exit.FAILED
        assert "does not give it to you" in refused.stderr
        assert f"`docker login {registry.host}`" in refused.stderr
        assert versions(workspace) == []

        for name, value in log_in(tmp_path / "docker", registry.host).items():
            monkeypatch.setitem(workspaces.ENVIRONMENT, name, value)
        applied = workspace.ymir("apply")
        assert applied.returncode == Exit.DONE, applied.stdout + applied.stderr
        said = applied.stdout.splitlines()
        assert said[0] == f"  image {reference} …"
        assert said[1].startswith(f"✓ image {reference}  (")
        by_tag = executor_of(workspace)

        digest = api().images.get(reference).attrs["RepoDigests"][0]
        pinned = make(tmp_path / "pinned", digest, **ONE_ROUND)
        assert pinned.ymir("apply").returncode == Exit.DONE
        assert executor_of(pinned) == by_tag


def move_to(registry: Registry) -> str:
    """An image of its own that works, which only the registry has."""
    dockerfile = f"FROM {blocks()}\nLABEL registry={registry.host}\n"
    image = f"ymir-test/pushed:{registry.host.rpartition(':')[2]}"
    api().images.build(fileobj=io.BytesIO(dockerfile.encode()), tag=image, rm=True)
    return registry.push(image, "acme/blocks:1")


@DOCKER
def test_an_image_that_cannot_be_had_stops_a_run_before_it_begins(tmp_path: Path) -> None:
    workspace = make(tmp_path / "pets", NOWHERE, **ONE_ROUND)
    refused = workspace.ymir("apply")
    assert refused.returncode == Exit.FAILED
    assert f"error: image `{NOWHERE}` cannot be pulled: 127.0.0.1:1 cannot be" in refused.stderr
    assert versions(workspace) == []


def test_a_machine_without_an_engine_plans_and_says_what_it_cannot_know(
    tmp_path: Path, no_engine: None
) -> None:
    workspace = make(tmp_path / "pets", "acme/blocks:1", **ONE_ROUND)
    planned = workspace.ymir("plan")
    assert planned.returncode == Exit.PENDING
    assert "no container engine answers at" in planned.stdout.splitlines()[-1]
    refused = workspace.ymir("apply")
    assert refused.returncode == Exit.FAILED
    assert "error: no container engine answers at" in refused.stderr
    assert versions(workspace) == []


@pytest.mark.parametrize("backend", ["process", "docker"])
def test_gpus_that_this_machine_has_not_are_an_error_before_anything_runs(
    backend: str, tmp_path: Path
) -> None:
    workspace = workspaces.make(tmp_path / "pets", **ONE_ROUND)
    if backend == "docker":
        specify(workspace, "acme/blocks:1", **ONE_ROUND)
    file = workspace.root / "specs" / "all.yaml"
    file.write_text(
        file.read_text().replace("name: blocks\n", "name: blocks\nresources: {gpus: 64}\n")
    )
    lack = "executor `blocks` cannot run here: 64 GPUs asked for, and this machine has"
    planned = workspace.ymir("plan")
    assert planned.returncode == Exit.FAILED
    assert f"error: {lack}" in planned.stderr
    assert workspace.data("plan")["lacks"][0].startswith(lack)
    refused = workspace.ymir("apply")
    assert refused.returncode == Exit.FAILED
    assert f"error: {lack}" in refused.stderr
    assert versions(workspace) == []


@DOCKER
def test_parameters_are_checked_against_the_image_that_is_here(tmp_path: Path) -> None:
    image = build("documented", MANUAL)
    given = {"train": {"executor": "blocks", "with": {"paus": 1}}, **ONE_ROUND}
    workspace = make(tmp_path / "pets", image, **given)
    for words in (["validate"], ["plan"]):
        refused = workspace.ymir(*words)
        assert refused.returncode == Exit.FAILED
        assert "train.with.paus: `blocks` has no such parameter (did you mean `pause`?)" in (
            refused.stderr
        )
    mistakes = json.loads(workspace.ymir("validate", "--json").stdout)["mistakes"]
    assert [each["field"] for each in mistakes] == ["train.with.paus"]
    specify(workspace, image, **{**ONE_ROUND, "mine": {"use": "executor", "topk": 6}})
    assert "mine.use: the executor `blocks` has no task `mining`" in (
        workspace.ymir("validate").stderr
    )


@DOCKER
def test_an_executor_gets_the_defaults_of_its_image_and_what_the_spec_says_instead(
    tmp_path: Path,
) -> None:
    templates = {
        "training": r"pause: 0.5\nepochs: 3\nshm_size: 64m\ngpu_count: 7\n",
        "infer": r"pause: 0\n",
    }
    dockerfile = f"FROM {blocks()}\nRUN mkdir /img-man\n" + "".join(
        f"RUN printf '{text}' > /img-man/{task}-template.yaml\n" for task, text in templates.items()
    )
    api().images.build(fileobj=io.BytesIO(dockerfile.encode()), tag="ymir-test/defaults:1", rm=True)
    given = {**ONE_ROUND, "train": {"executor": "blocks", "with": {"pause": 0}}}
    workspace = make(tmp_path / "pets", "ymir-test/defaults:1", **given)
    applied = workspace.ymir("apply")
    api().images.remove("ymir-test/defaults:1")
    assert applied.returncode == Exit.DONE, applied.stdout + applied.stderr
    config = yaml.safe_load((job_of(workspace) / "attempts" / "1" / "config.yaml").read_text())
    assert {key: config[key] for key in ("pause", "epochs", "shm_size", "gpu_count")} == {
        "pause": 0,
        "epochs": 3,
        "shm_size": "64m",
        "gpu_count": 0,
    }


@REGISTRY
def test_parameters_are_checked_once_the_image_is_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "registry"
    folder.mkdir()
    with serving(folder) as registry:
        for name, value in log_in(tmp_path / "docker", registry.host).items():
            monkeypatch.setitem(workspaces.ENVIRONMENT, name, value)
        image = build("checked", {**MANUAL, "app/one.txt": registry.host})
        reference = registry.push(image, "acme/documented:1")
        given = {"train": {"executor": "blocks", "with": {"paus": 1}}, **ONE_ROUND}
        workspace = make(tmp_path / "pets", reference, **given)
        assert workspace.ymir("validate").returncode == Exit.DONE
        refused = workspace.ymir("apply")
        assert refused.returncode == Exit.FAILED
        assert "(did you mean `pause`?)" in refused.stderr
        assert versions(workspace) == []
