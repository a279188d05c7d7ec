"""Images are what Docker takes them for; a pattern of `Workspace` cannot be passed by spelling."""

import pytest

from ymir.spec.image import Reference, is_allowed

HEX = "a1" * 32
OTHER = "b2" * 32


@pytest.mark.parametrize(
    ("text", "repository", "tag", "digest"),
    [
        ("yolo", "docker.io/library/yolo", None, None),
        ("yolo:1", "docker.io/library/yolo", "1", None),
        ("acme/yolo:1", "docker.io/acme/yolo", "1", None),
        ("docker.io/yolo:1", "docker.io/library/yolo", "1", None),
        ("index.docker.io/library/yolo:1", "docker.io/library/yolo", "1", None),
        ("localhost/yolo", "localhost/yolo", None, None),
        ("localhost:5000/yolo", "localhost:5000/yolo", None, None),
        ("127.0.0.1:5000/a/b:2.1", "127.0.0.1:5000/a/b", "2.1", None),
        ("ghcr.io/acme/yolo", "ghcr.io/acme/yolo", None, None),
        (f"ghcr.io/acme/yolo@sha256:{HEX}", "ghcr.io/acme/yolo", None, f"sha256:{HEX}"),
        (f"yolo:1@sha256:{HEX}", "docker.io/library/yolo", None, f"sha256:{HEX}"),
        (f"sha256:{HEX}", "", None, f"sha256:{HEX}"),
        (HEX, "", None, f"sha256:{HEX}"),
    ],
)
def test_a_reference_is_read_as_docker_reads_it(text, repository, tag, digest) -> None:
    assert Reference.of(text) == Reference(repository, tag, digest)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "yolo:",
        "yolo@",
        "yolo@sha256:12",
        "Yolo",
        "acme/Yolo:1",
        "a b",
        "-v",
        "yolo\n",
        "../yolo",
        "ghcr.io/../yolo",
        "ghcr.io//yolo",
        "http://ghcr.io/yolo",
        "yolo:1:2",
        "x" * 256,
    ],
)
def test_what_is_no_reference_is_none_and_never_allowed(text: str) -> None:
    assert Reference.of(text) is None
    assert not is_allowed(text, ["*"])


@pytest.mark.parametrize(
    ("image", "pattern"),
    [
        ("yolo:1", "*"),
        (f"sha256:{HEX}", "*"),
        ("yolo:1", "yolo:*"),
        ("docker.io/library/yolo:1", "yolo:1"),
        ("yolo:1", "docker.io/library/yolo:1"),
        ("yolo:1", "index.docker.io/library/*"),
        ("docker.io/acme/yolo:1", "acme/*"),
        ("acme/yolo:1", "docker.io/acme/*"),
        ("ghcr.io/acme/yolo:1", "ghcr.io/acme/*"),
        ("ghcr.io/acme/yolo", "ghcr.io/acme/yolo:latest"),
        ("ghcr.io/acme/yolo", "ghcr.io/acme/yolo"),
        (f"ghcr.io/acme/yolo@sha256:{HEX}", "ghcr.io/acme/yolo@sha256:*"),
        (f"ghcr.io/acme/yolo:1@sha256:{HEX}", f"ghcr.io/acme/yolo:1@sha256:{HEX}"),
        ("ghcr.io/acme/yolo:1", "*/acme/*"),
        ("localhost:5000/yolo:1", "localhost:5000/*"),
    ],
)
def test_a_pattern_allows(image: str, pattern: str) -> None:
    assert is_allowed(image, [pattern])


@pytest.mark.parametrize(
    ("image", "pattern"),
    [
        ("ghcr.io/evil/yolo:1", "ghcr.io/acme/*"),
        ("ghcr.io.example.org/acme/yolo:1", "ghcr.io*"),  # a name without a slash is no registry's
        ("trusted.example.org/x:1", "trusted*"),
        ("acme.example.org/yolo:1", "acme*/yolo:1"),
        ("quay.io/library/yolo:1", "yolo:1"),
        ("quay.io/acme/yolo:1", "acme/yolo:1"),
        ("evil/yolo:1", "yolo*"),
        ("docker.io/evil/yolo:1", "library/*"),
        ("ghcr.io/acme/yolo:2", "ghcr.io/acme/yolo"),
        (f"ghcr.io/acme/yolo:1@sha256:{HEX}", "ghcr.io/acme/yolo:1*"),  # the tag means nothing
        (f"ghcr.io/acme/yolo@sha256:{OTHER}", f"ghcr.io/acme/yolo@sha256:{HEX}"),
        ("ghcr.io/acme/yolo:1", "ghcr.io/acme/yolo@sha256:*"),
        (f"sha256:{HEX}", "docker.io/*"),  # by its id, an image may be anybody's
        (HEX, "ghcr.io/*"),
        ("yolo:1", "ghcr.io/*"),
    ],
)
def test_no_spelling_slips_past_a_pattern(image: str, pattern: str) -> None:
    assert not is_allowed(image, [pattern])
