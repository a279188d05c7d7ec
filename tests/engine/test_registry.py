"""Pulls from a real registry with a password, and each way in which they fail."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.containers.base import api
from tests.engine.registry import REGISTRY, Registry, forget, image, log_in, serving
from ymir.engine.client import Engine, connect
from ymir.engine.images import Pulled, digest, find, pull
from ymir.errors import EngineError

pytestmark = REGISTRY


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    folder = tmp_path / "registry"
    folder.mkdir()
    with serving(folder) as found:
        yield found


@pytest.fixture
def logged_in(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Engine]:
    for name, value in log_in(tmp_path / "docker", registry.host).items():
        monkeypatch.setenv(name, value)
    with connected() as found:
        yield found


@contextmanager
def connected() -> Iterator[Engine]:
    """A connection of its own, which reads Docker's configuration as it is now."""
    found = connect()
    try:
        yield found
    finally:
        found.api.close()


@pytest.fixture
def pushed(registry: Registry) -> str:
    """An image that only the registry has."""
    return registry.push(image("one"), "acme/layers:1")


def test_an_image_comes_with_dockers_own_credentials_and_tells_how_far_it_is(
    logged_in: Engine, pushed: str
) -> None:
    assert digest(pushed) is None
    told = list(pull(logged_in, pushed))
    shares = [each.share for each in told]
    assert shares == sorted(shares)
    assert shares[0] == 0
    assert any(0 < share < 1 for share in shares)
    assert told[-1].share == 1
    assert told[-1].layers == 2
    assert 4_900_000 < told[-1].bytes < 5_200_000
    found = find(logged_in, pushed)
    assert found is not None
    assert found.digest != found.id
    assert digest(pushed) == found.digest


def test_an_image_is_the_same_by_its_tag_and_by_its_digest(
    logged_in: Engine, registry: Registry, pushed: str
) -> None:
    list(pull(logged_in, pushed))
    known = digest(pushed)
    pinned = f"{pushed.rpartition(':')[0]}@{known}"
    forget(registry.ids)
    assert digest(pinned) == known  # without the engine
    assert find(logged_in, pinned) is None
    assert list(pull(logged_in, pinned))[-1].share == 1
    found = find(logged_in, pinned)
    assert found is not None
    assert found.digest == known
    assert find(logged_in, f"{pushed}@{known}") == found


def test_a_tag_that_moved_has_another_digest_once_it_is_pulled(
    logged_in: Engine, registry: Registry, pushed: str
) -> None:
    list(pull(logged_in, pushed))
    before = digest(pushed)
    kept = find(logged_in, pushed)
    assert kept is not None
    api().images.get(kept.id).tag("ymir-test/kept", "moved")  # what the tag was
    registry.push(image("two"), "acme/layers:1")
    list(pull(logged_in, pushed))
    assert digest(pushed) not in (None, before)


def test_a_pull_that_is_given_up_leaves_nothing(logged_in: Engine, pushed: str) -> None:
    pulling = pull(logged_in, pushed)
    assert isinstance(next(pulling), Pulled)
    pulling.close()
    assert find(logged_in, pushed) is None


def test_a_registry_that_wants_a_password_says_how_to_log_in(
    registry: Registry, pushed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "none"))
    with pytest.raises(EngineError, match="does not give it to you") as refused:
        try_to_pull(pushed)
    assert f"`docker login {registry.host}`" in str(refused.value.hint)
    for name, value in log_in(tmp_path / "wrong", registry.host, "wrong").items():
        monkeypatch.setenv(name, value)
    with pytest.raises(EngineError, match="does not give it to you"):
        try_to_pull(pushed)


def try_to_pull(reference: str) -> None:
    with connected() as found:
        list(pull(found, reference))


def test_a_missing_tag_and_a_missing_image_are_said_to_be_missing(
    logged_in: Engine, registry: Registry, pushed: str
) -> None:
    for reference in (f"{registry.host}/acme/layers:9", f"{registry.host}/acme/nothing:1"):
        with pytest.raises(EngineError, match="has no such image") as refused:
            list(pull(logged_in, reference))
        assert str(refused.value).startswith(f"image `{reference}` cannot be pulled: ")
        assert refused.value.hint == "check its name and its tag"


def test_a_registry_that_is_gone_is_tried_again_and_then_named(
    logged_in: Engine, tmp_path: Path
) -> None:
    with pytest.raises(EngineError, match=r"127\.0\.0\.1:1 cannot be reached") as refused:
        list(pull(logged_in, "127.0.0.1:1/acme/layers:1", pause=0.01))
    assert "check the network" in str(refused.value.hint)


def test_a_registry_that_comes_back_between_two_tries_is_good_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "registry"
    folder.mkdir()
    with serving(folder) as registry:
        reference = registry.push(image("three"), "acme/layers:1")
    for name, value in log_in(tmp_path / "docker", registry.host).items():
        monkeypatch.setenv(name, value)
    port = int(registry.host.partition(":")[2])
    is_done = threading.Event()
    with socket.create_server(("127.0.0.1", port)) as broken:
        comes_back = threading.Thread(target=hang_up_then_serve, args=(broken, folder, is_done))
        comes_back.start()
        try:
            with connected() as found:
                assert list(pull(found, reference, tries=6, pause=0.25))[-1].share == 1
        finally:
            is_done.set()
            comes_back.join()
            forget(registry.ids)


def hang_up_then_serve(broken: socket.socket, folder: Path, is_done: threading.Event) -> None:
    """Break off the first connection; be the registry again for all others."""
    broken.accept()[0].close()
    port = broken.getsockname()[1]
    broken.close()
    with serving(folder, port):
        is_done.wait(60)


def test_an_image_that_nobody_can_pull_says_so(logged_in: Engine) -> None:
    with pytest.raises(EngineError, match="only a name can be pulled"):
        list(pull(logged_in, f"sha256:{'ab' * 32}"))
    with pytest.raises(EngineError, match="is not the name of an image"):
        list(pull(logged_in, "Not An Image"))


def test_a_credential_helper_that_is_not_there_is_said_to_be_the_trouble(
    registry: Registry, pushed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config.json").write_text('{"credsStore": "ymir-test-nowhere"}')
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    with pytest.raises(EngineError, match=r"cannot be pulled.*ymir-test-nowhere"):
        try_to_pull(pushed)
