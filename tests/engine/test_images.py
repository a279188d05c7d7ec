"""What a reference means on this machine, and what registries mean by their words."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.containers.base import DOCKER, api, base, engine
from ymir.engine.client import Engine
from ymir.engine.images import Image, digest, find, pull
from ymir.errors import EngineError

HEX = "a1" * 32


@dataclass
class Saying:
    """An engine whose registry answers every pull with the same words."""

    said: str
    pulls: int = 0

    @property
    def api(self) -> "Saying":
        return self

    def pull(self, repository: str, tag: str, **_: object) -> Iterator[dict[str, object]]:
        self.pulls += 1
        yield {"status": f"Pulling from {repository}", "id": tag}
        yield {"error": self.said, "errorDetail": {"message": self.said}}


@pytest.mark.parametrize(
    ("said", "why", "hint", "pulls"),
    [
        (
            "failed to register layer: Error processing tar file(exit status 1): write /one: "
            "no space left on device",
            "the engine's disk is full",
            "docker system df",
            1,
        ),
        (
            "toomanyrequests: You have reached your pull rate limit.",
            "ghcr.io takes no more pulls for now",
            "`docker login ghcr.io`",
            1,
        ),
        (
            "pull access denied for acme/x, repository does not exist or may require "
            "'docker login': denied: requested access to the resource is denied",
            "ghcr.io does not give it to you, if it has it",
            "`docker login ghcr.io`",
            1,
        ),
        (
            'Get "https://ghcr.io/v2/": x509: certificate signed by unknown authority',
            "the engine does not trust ghcr.io",
            "insecure-registries",
            1,
        ),
        (
            "no matching manifest for linux/arm64/v8 in the manifest list entries",
            "it is not made for this machine's processor",
            "elsewhere",
            1,
        ),
        (
            'Get "https://ghcr.io/v2/": dial tcp: lookup ghcr.io: no such host',
            "ghcr.io cannot be reached",
            "check the network",
            3,
        ),
        (
            "received unexpected HTTP status: 503 Service Unavailable",
            "ghcr.io cannot be reached",
            "check the network",
            3,
        ),
        ("unexpected EOF", "ghcr.io cannot be reached", "check the network", 3),
        ("layer verification\nfailed", "layer verification failed", "None", 1),
    ],
)
def test_each_fault_of_a_pull_has_its_reason_and_its_hint(
    said: str, why: str, hint: str, pulls: int
) -> None:
    saying = Saying(said)
    with pytest.raises(EngineError) as refused:
        list(pull(Engine(saying), "ghcr.io/acme/x:1", pause=0))  # type: ignore[arg-type]
    message = str(refused.value)
    assert message.startswith(f"image `ghcr.io/acme/x:1` cannot be pulled: {why}")
    assert "\n" not in message
    assert hint in str(refused.value.hint)
    assert saying.pulls == pulls


def test_a_digest_in_the_name_needs_no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere.sock")
    assert digest(f"ghcr.io/acme/x@sha256:{HEX}") == f"sha256:{HEX}"
    assert digest(f"ghcr.io/acme/x:1@sha256:{HEX}") == f"sha256:{HEX}"
    with pytest.raises(EngineError, match="no container engine answers"):
        digest("ghcr.io/acme/x:1")


@DOCKER
def test_an_image_that_no_registry_knows_is_known_by_its_id() -> None:
    here = engine()
    assert here is not None
    whole = api().images.get(base())
    assert find(here, base()) == Image(whole.id, whole.id, whole.attrs["Size"])
    assert digest(base()) == whole.id
    assert find(here, whole.id) == find(here, base())
    assert digest("127.0.0.1:1/acme/nothing:1") is None
