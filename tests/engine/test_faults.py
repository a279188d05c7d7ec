"""Refusals as engines word them (Docker 20.10 and 28, Podman 4.3), and what ymir makes of them."""

from pathlib import Path

import pytest

from ymir.contracts.backend import Job
from ymir.engine.faults import NameTakenError, UnfitError, fault, no_image
from ymir.errors import EngineError

JOB = Job("mine-2", (), Path("/w/mine-2"), image="yolo:7")

REFUSALS = [
    (
        'could not select device driver "nvidia" with capabilities: [[gpu]]',
        500,
        "the container engine cannot hand out GPUs",
    ),
    (
        "write /var/lib/docker/tmp/x: no space left on device",
        500,
        "job `mine-2` cannot be started: the disk of the container engine is full",
    ),
    (
        'invalid mount config for type "bind": bind source path does not exist: /w/mine-2/in',
        400,
        "the container engine does not see the folder /w/mine-2/in",
    ),
    ("No such image: yolo:7", 404, "there is no image `yolo:7` on this machine"),
    (
        "Unknown runtime specified foo",
        400,
        "the container engine refused job `mine-2`: Unknown runtime specified foo",
    ),
]


@pytest.mark.parametrize(("text", "status", "means"), REFUSALS)
def test_a_refusal_is_said_in_a_line(text: str, status: int, means: str) -> None:
    found = fault(JOB, text, status)
    assert isinstance(found, EngineError)
    assert str(found).startswith(means)
    assert "\n" not in str(found)


def test_a_name_in_use_is_known_from_docker_and_from_podman() -> None:
    docker = 'Conflict. The container name "/x" is already in use by container "ab"'
    podman = 'creating container storage: the container name "x" is already in use by ab'
    assert isinstance(fault(JOB, docker, 409), NameTakenError)
    assert isinstance(fault(JOB, podman, 500), NameTakenError)


def test_a_program_that_cannot_be_begun_is_the_images_fault() -> None:
    text = (
        "failed to create shim: OCI runtime create failed: runc create failed: unable to start "
        'container process: exec: "/run.sh": permission denied: unknown'
    )
    found = fault(JOB, text, 400)
    assert isinstance(found, UnfitError)
    assert 'exec: "/run.sh": permission denied' in str(found)


def test_how_to_get_a_missing_image_depends_on_whose_it_is() -> None:
    assert no_image("acme/yolo:7").hint == "run `docker pull acme/yolo:7`"
    assert no_image("ymir-tinydet:0123456789ab").hint == "run `ymir executor build tinydet`"
