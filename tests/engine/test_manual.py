"""`/img-man` of real images, however they lay it out, and of those that mean no good."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.containers.base import DOCKER, api, build, engine
from tests.containers.podman import PODMAN, podman
from ymir.engine.client import Engine
from ymir.engine.images import find
from ymir.engine.manual import manual
from ymir.errors import EngineError
from ymir.spec.manual import LARGEST, Manual

pytestmark = DOCKER

TRAINING = "epochs: 10\nshm_size: 128G\ngpu_count: 1\n"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "ymir" / "manuals"


@pytest.fixture
def here() -> Engine:
    found = engine()
    assert found is not None
    return found


def image(files: Mapping[str, str], *instructions: str) -> str:
    return build("manual", {f"img-man/{name}": text for name, text in files.items()}, *instructions)


def containers() -> set[str]:
    found = api().containers.list(all=True, filters={"label": "ymir.manual"})
    return {each.id for each in found}


def test_a_flat_layout_is_read_and_no_container_is_left(here: Engine) -> None:
    before = containers()
    files = {"training-template.yaml": TRAINING, "infer-template.yaml": "# nothing\n"}
    assert manual(here, image({**files, "manifest.yaml": '"object_type": 2'})) == Manual(
        (2,), {"training": {"epochs": 10, "shm_size": "128G"}}
    )
    assert containers() <= before


def test_a_folder_per_object_type_is_read(here: Engine) -> None:
    files = {
        "manifest.yaml": "object_type: [2, 3]\nenable_livecode: true",
        "det/training-template.yaml": "epochs: 2",
        "semantic-seg/training-template.yaml": "epochs: 3",
        "det/readme/training-template.yaml": "epochs: 4",
    }
    assert manual(here, image(files)) == Manual(
        (2, 3), {"training": {"epochs": 2}}, enable_livecode=True
    )


def test_nothing_of_the_image_runs(here: Engine) -> None:
    """Not its entry point, and no `cat` either."""
    files = {"training-template.yaml": TRAINING}
    stubborn = image(files, 'ENTRYPOINT ["/nowhere"]', "CMD []", "USER 12345", "WORKDIR /gone")
    read = manual(here, stubborn)
    assert read is not None
    assert read.templates["training"]["epochs"] == 10


def test_an_image_without_a_manual_says_nothing(here: Engine) -> None:
    read = manual(here, build("manual", {"app/main.py": "pass"}))
    assert read == Manual()
    assert read.is_silent
    assert manual(here, build("manual", {"img-man": "a file"})) == Manual()


def test_an_image_that_is_not_here_has_none(here: Engine) -> None:
    assert manual(here, "127.0.0.1:1/acme/nothing:1") is None


def test_the_second_look_costs_no_container(here: Engine, cache: Path) -> None:
    reference = image({"training-template.yaml": "epochs: 7"})
    first = manual(here, reference)
    (file,) = cache.iterdir()
    kept = json.loads(file.read_text())
    kept["templates"]["training"]["epochs"] = 8  # as nobody else can have said
    file.write_text(json.dumps(kept))
    second = manual(here, reference)
    assert first is not None
    assert second is not None
    assert (first.templates["training"], second.templates["training"]) == (
        {"epochs": 7},
        {"epochs": 8},
    )


@pytest.mark.parametrize("torn", ["", "{", "[]", '{"version": 0}', '{"version": 1}'])
def test_a_torn_cache_is_read_again(here: Engine, cache: Path, torn: str) -> None:
    reference = image({"training-template.yaml": "epochs: 7"})
    first = manual(here, reference)
    (file,) = cache.iterdir()
    file.write_text(torn)
    assert manual(here, reference) == first
    assert json.loads(file.read_text())["templates"] == {"training": {"epochs": 7}}


def test_a_cache_that_cannot_be_written_does_no_harm(
    here: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    read = manual(here, image({"training-template.yaml": "epochs: 7"}))
    assert read is not None
    assert read.templates


def test_links_lead_to_other_files_of_the_image_and_nowhere_else(
    here: Engine, tmp_path: Path
) -> None:
    (tmp_path / "secret.yaml").write_text("password: hunter2")
    script = (
        "import os; os.makedirs('/img-man/det'); "
        "os.symlink('../app/t.yaml', '/img-man/training-template.yaml'); "
        f"os.symlink('{tmp_path}/secret.yaml', '/img-man/mining-template.yaml'); "
        "os.symlink('/img-man/infer-template.yaml', '/img-man/infer-template.yaml'); "
        "os.symlink('/nowhere', '/img-man/manifest.yaml'); "
        "os.link('/app/t.yaml', '/img-man/det/infer-template.yaml')"
    )
    linked = build("manual", {"app/t.yaml": "epochs: 9"}, f'RUN ["python3", "-c", "{script}"]')
    assert manual(here, linked) == Manual((2,), {"training": {"epochs": 9}, "infer": {"epochs": 9}})


def test_huge_and_broken_files_are_faults(here: Engine) -> None:
    files = {
        "training-template.yaml": "a: 1\n#" + "x" * LARGEST,
        "mining-template.yaml": "a: &a [*a]",
        "infer-template.yaml": "batch: 1",
    }
    read = manual(here, image(files))
    assert read is not None
    assert list(read.templates) == ["infer"]
    assert len(read.faults) == 2


def test_a_folder_that_is_too_large_to_be_a_manual_is_refused(here: Engine) -> None:
    before = containers()
    with pytest.raises(EngineError, match="holds more than 4,194,304 bytes"):
        manual(here, image({f"weights-{n}.pt": "x" * 1_000_000 for n in range(6)}))
    with pytest.raises(EngineError, match="holds more than 1,000 files"):
        manual(here, image({f"{n}.txt": "" for n in range(1_100)}))
    assert containers() <= before


@PODMAN
def test_podman_shows_an_images_manual_too() -> None:
    documented, bare = image({"training-template.yaml": "epochs: 7"}), build("manual", {"a": "b"})
    with podman() as other:
        for each in (documented, bare):
            other.api.images.load(api().api.get_image(each))
        assert manual(other, documented) == Manual(templates={"training": {"epochs": 7}})
        assert manual(other, bare) == Manual()
        assert manual(other, "127.0.0.1:1/acme/nothing:1") is None


def test_an_image_is_found_by_its_name_and_by_its_id(here: Engine) -> None:
    reference = image({"training-template.yaml": "epochs: 7"})
    found = find(here, reference)
    assert found is not None
    assert found.digest == found.id  # no registry has given it another
    assert manual(here, found.id) == manual(here, reference)
