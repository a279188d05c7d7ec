"""What a server says is told in words, without secrets, and obeyed where it asks for time."""

import httpx
import pytest

from ymir.errors import DataError
from ymir.labelstudio.client import Client, Patience, client_of
from ymir.labelstudio.replies import AwayError, value_of, words_of
from ymir.labelstudio.settings import Settings
from ymir.vault import remember

ASKED = httpx.Request("GET", "http://labels.example/api/projects/")


def reply(status=200, body=b"", **headers):
    return httpx.Response(status, content=body, headers=headers, request=ASKED)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0),
        ({"retry-after": "7"}, 7),
        ({"retry-after": "soon"}, 0),
        ({"retry-after": "-5"}, 0),
        (
            {
                "retry-after": "Mon, 23 Nov 2026 10:00:30 GMT",
                "date": "Mon, 23 Nov 2026 10:00:00 GMT",
            },
            30,
        ),
        (
            {
                "retry-after": "Mon, 23 Nov 2026 09:00:00 GMT",
                "date": "Mon, 23 Nov 2026 10:00:00 GMT",
            },
            0,
        ),
        ({"retry-after": "Mon, 23 Nov 2026 10:00:30 GMT"}, 0),
    ],
)
def test_a_server_says_when_to_ask_again(headers, seconds):
    assert AwayError.of(reply(429, **headers), is_doubtful=False).after == seconds


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"detail": "no"}', "no"),
        (b'{"validation_errors": {"title": ["too short"]}}', '{"title":["too short"]}'),
        (b'["a"]', '["a"]'),
        (b"<html>Sign in</html>", "a web page"),
        (b"", "Not Found"),
        (b"gone \xff", "gone \ufffd"),
    ],
)
def test_what_it_says_is_told(body, said):
    assert words_of(reply(404, body)) == said


def test_a_secret_that_it_repeats_is_not_told():
    remember("a-very-secret-token")
    assert "a-very-secret-token" not in words_of(reply(400, b'{"got": "a-very-secret-token"}'))
    assert len(words_of(reply(500, b"x" * 10_000))) < 1000


def test_an_empty_answer_is_none_and_a_page_is_an_error():
    assert value_of(reply(204), "http://labels.example") is None
    with pytest.raises(DataError, match="with a web page"):
        value_of(reply(200, b"<html></html>"), "http://labels.example")


def test_patience_ends_and_begins_anew_when_something_went_well():
    patience, away = Patience(0.6), AwayError("away", is_doubtful=False)
    patience.wait(away)
    with pytest.raises(AwayError):
        exhaust(patience, away)
    patience.renew()
    patience.wait(away)


def exhaust(patience: Patience, error: AwayError) -> None:
    for _ in range(100):
        patience.wait(error)


def test_who_asks_for_longer_than_patience_lasts_is_not_waited_for():
    with pytest.raises(AwayError):
        Patience(5).wait(AwayError("busy", is_doubtful=False, after=60))


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_certificates_that_cannot_be_read_are_an_error(tmp_path, content):
    if content:
        (tmp_path / "ca.pem").write_text(content)
    given = {"url": "https://labels.example/", "token": {"env": "TOKEN"}, "verify": "ca.pem"}
    client = client_of(Settings.model_validate(given), "a.b.c", tmp_path)
    with pytest.raises(DataError, match=r"`verify: .*ca.pem` cannot be used"), client:
        pass


def test_a_client_does_not_show_its_token():
    assert "secret" not in repr(Client("http://labels.example", "secret", "`TOKEN`"))
