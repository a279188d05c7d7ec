"""Who is let in: by name on this machine, by token elsewhere."""

import pytest

from ymir.errors import SpecError
from ymir.serving.guard import Guard, checked, is_loopback, new_token

LETS_IN = "a-long-enough-token"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8765", "[::1]:9", "LOCALHOST:1", "[::1]"])
def test_this_machine_is_asked_by_its_own_names(host: str) -> None:
    assert Guard("127.0.0.1").is_named(host)


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8765", "", None, "[]"],
)
def test_a_name_of_elsewhere_is_refused_on_the_loopback(host: str | None) -> None:
    assert not Guard("127.0.0.1").is_named(host)
    assert not Guard("127.0.0.1", LETS_IN).is_named(host)


def test_elsewhere_any_name_will_do_because_the_token_decides() -> None:
    assert Guard("192.168.1.2", LETS_IN).is_named("gpu-box:8765")


def test_only_the_token_is_the_token() -> None:
    guard = Guard("192.168.1.2", LETS_IN)
    assert guard.is_known(LETS_IN)
    for wrong in (None, "", LETS_IN[:-1], LETS_IN + "x", "ünïcode", "\udcff"):
        assert not guard.is_known(wrong)
        assert not guard.has_pass(wrong)
    assert guard.has_pass(guard.cookie)
    assert not guard.has_pass(LETS_IN)
    assert not Guard("192.168.1.2", LETS_IN + "2").has_pass(guard.cookie)


def test_without_a_token_everybody_on_this_machine_is_let_in() -> None:
    assert Guard("127.0.0.1").is_known(None)
    assert Guard("127.0.0.1").has_pass(None)


@pytest.mark.parametrize(
    "token", ["", "short", "with a blank in it all", "t\nttttttttttttttttt", "ü" * 20]
)
def test_a_token_that_is_no_good_is_refused(token: str) -> None:
    with pytest.raises(SpecError, match="no good"):
        checked(token, "that was given")


def test_a_made_token_is_good_and_no_two_are_equal() -> None:
    first, second = new_token(), new_token()
    assert checked(first, "made") != second


@pytest.mark.parametrize(
    ("host", "is_so"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("localhost", True),
     ("0.0.0.0", False),  # noqa: S104 - only compared
     ("::", False), ("192.168.1.2", False), ("gpu-box", False), ("", False)],
)  # fmt: skip
def test_the_loopback_is_known(host: str, is_so: bool) -> None:
    assert is_loopback(host) is is_so
