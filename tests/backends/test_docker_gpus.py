"""GPUs for containers, as far as a machine without any can tell."""

import os
from pathlib import Path

import pytest

from tests.backends.programs import container as job
from tests.containers.base import DOCKER, api, base, containers
from ymir.backends.docker import lacks
from ymir.contracts.attempt import attempts
from ymir.contracts.backend import Failed, Running
from ymir.engine.client import connect as connect_engine
from ymir.engine.containers import Containers
from ymir.errors import EngineError, SpecError
from ymir.gpus import Gpu, Slots
from ymir.spec.executor import Resources

pytestmark = DOCKER

CARD = Gpu(0, "GPU-5d8a1c6e", "NVIDIA H200", 143771)
WANTS = Resources(gpus=1)


def test_an_engine_without_a_gpu_runtime_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    backend = Containers(connect_engine, lambda: (CARD,), Slots(tmp_path / "slots"))
    with pytest.raises(EngineError, match="cannot hand out GPUs"):
        backend.start(job(tmp_path, "", resources=WANTS))
    assert not containers(tmp_path)


def test_a_job_waits_while_a_container_has_the_gpu(tmp_path: Path) -> None:
    backend = Containers(connect_engine, lambda: (CARD,), Slots(tmp_path / "slots"))
    each = job(tmp_path, "", resources=WANTS)
    labels = {"ymir.gpus": CARD.uuid, "ymir.folder": str(tmp_path / "other")}
    other = api().containers.run(base(), ["sleep", "60"], labels=labels, detach=True)
    try:
        backend.start(each)
        assert backend.poll(each) == Running()
        assert not attempts(each.folder)
    finally:
        other.remove(force=True)
    with pytest.raises(EngineError, match="cannot hand out GPUs"):  # it was its turn
        backend.poll(each)
    assert len(attempts(each.folder)) == 1


def test_a_job_that_is_stopped_waits_no_longer(tmp_path: Path) -> None:
    shared = Slots(tmp_path / "slots")
    backend = Containers(connect_engine, lambda: (CARD,), shared)
    each = job(tmp_path, "", resources=WANTS)
    lock = shared.take(CARD)
    backend.start(each)
    assert backend.poll(each) == Running()
    backend.stop(each)
    os.close(lock)
    assert backend.poll(each) == Failed("was not started")


def test_more_gpus_than_there_are_will_never_be_free(tmp_path: Path) -> None:
    backend = Containers(connect_engine, lambda: (), Slots(tmp_path / "slots"))
    with pytest.raises(SpecError, match="1 GPU asked for, and this machine has none"):
        backend.start(job(tmp_path, "", resources=WANTS))


def test_what_is_lacking_for_gpus_is_known_before_a_job_is_made() -> None:
    assert lacks(Resources(), {}) is None
    assert "GPU" in (lacks(Resources(gpus=99), {}) or "")
