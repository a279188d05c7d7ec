"""A secret that is known is hidden in whatever way it is written; nothing else is."""

import base64
import html
import json
import subprocess
import sys
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ymir import vault

SECRET = 'Pl4nted/secret+with "quotes", <b> & ümlaut%'  # noqa: S105 - it is none
PLAIN = "tok_0123456789abcdefABCDEF-plain"


@pytest.fixture(autouse=True)
def _empty(monkeypatch):
    """A vault in which nothing is yet; what others put into theirs is put back."""
    monkeypatch.setattr(vault, "_known", set())
    vault._spellings.cache_clear()  # noqa: SLF001 - nothing else forgets
    yield
    vault._spellings.cache_clear()  # noqa: SLF001 - nothing else forgets


WRITTEN = [
    SECRET,
    quote(SECRET),
    quote(SECRET, safe=""),
    quote_plus(SECRET),
    quote(SECRET).lower().replace("pl4nted", "Pl4nted"),
    json.dumps(SECRET),
    json.dumps(SECRET, ensure_ascii=False),
    html.escape(SECRET),
    repr(SECRET),
    SECRET.encode().hex(),
    base64.b64encode(SECRET.encode()).decode(),
    base64.urlsafe_b64encode(SECRET.encode()).decode(),
    f"{SECRET[:9]}\n    {SECRET[9:]}",
    f"{SECRET[:9]}\\\r\n{SECRET[9:20]}\n{SECRET[20:]}",
]


@pytest.mark.parametrize("text", WRITTEN)
def test_a_secret_is_hidden_however_it_is_written(text):
    vault.remember(SECRET)
    assert "***" in vault.masked(f"before {text} after")
    assert all(part not in vault.masked(text) for part in ("Pl4nted", "cXVvdGVz", "umlaut"))


@pytest.mark.parametrize("user", ["a", "ab", "abc", "somebody"])
def test_the_header_of_whoever_signs_in_is_hidden(user):
    vault.remember(PLAIN)
    sent = base64.b64encode(f"{user}:{PLAIN}".encode()).decode()
    shown = vault.masked(f"sent {sent}.")
    longest = base64.b64encode(PLAIN.encode()).decode()
    assert "***" in shown
    assert not any(longest[at : at + 12] in shown for at in range(len(longest) - 12))


def test_of_a_key_with_many_lines_no_line_is_shown():
    lines = ["-----BEGIN KEY-----", "MIIEpAIBAAKCAQEA1234", "abcdEFGH5678ijklMNOP"]
    vault.remember("\n".join(lines))
    assert vault.masked(f"it says `{lines[1]}` and {lines[2]}") == "it says `***` and ***"


def test_a_short_secret_is_hidden_as_a_word_and_takes_no_word_apart():
    vault.remember("cat7")
    vault.remember("test")
    assert vault.masked("cat7 is in a test, not in bobcat77 or testing") == (
        "*** is in a ***, not in bobcat77 or testing"
    )


@pytest.mark.parametrize("secret", ["", " ", "\n", "a", "123", "abc"])
def test_what_is_too_short_to_be_a_secret_is_not_hidden(secret):
    vault.remember(secret)
    assert vault.masked("a b c abc 123 \n") == "a b c abc 123 \n"


def test_json_stays_json_whatever_the_secret_is():
    for secret in ("true", "null", "12345", '": {"', "digest"):
        vault.remember(secret)
    value = {"settled": True, "count": 12345, "why": "it is true", "digest": None, "of": ("a", 1)}
    hidden = vault.masked_data(value)
    assert json.loads(json.dumps(hidden)) == {
        "settled": True,
        "count": 12345,
        "why": "it is ***",
        "***": None,
        "of": ["a", 1],
    }


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("fatal: https://bot:glpat-77@git.example/x", "fatal: https://***@git.example/x"),
        ("https://ghp_0123456789@github.com/x", "https://***@github.com/x"),
        ("to ftp://a:b@h, then s3://c:d@e/f", "to ftp://***@h, then s3://***@e/f"),
        ("leads to `https://b/o?X-Amz-Signature=ab12&v=1`", None),
        ("https://b/o?v=1&sig=ab12%2F", "https://b/o?v=1&sig=***"),
        ("{'Authorization': 'Basic dXNlcjpwdw=='}", "{'Authorization': 'Basic ***'}"),
        ("authorization: Token abcdef0123", "authorization: Token ***"),
    ],
)
def test_what_must_be_a_secret_is_hidden_though_nobody_knows_it(text, shown):
    assert vault.masked(text) == (shown or "leads to `https://b/o?X-Amz-Signature=***&v=1`")


@pytest.mark.parametrize(
    "text",
    [
        "ssh://git@git.example/x",
        "git@git.example:team/x",
        "http://127.0.0.1:8000/a@b",
        "ghcr.io/acme/x@sha256:0123",
        "the token is in `{env: LS_TOKEN}`",
        "https://a.example/?page=2&signed=yes#x@y",
    ],
)
def test_what_is_no_secret_is_shown(text):
    assert vault.masked(text) == text
    assert vault.address_without_secret(text)


def test_variables_that_are_secrets_by_their_names_are_hidden():
    vault.remember_named(
        {
            "GITHUB_TOKEN": "ghs_0123456789",
            "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG",
            "HTTPS_PROXY": "http://me:pr0xyp4ss@proxy.example:3128",
            "HOME": "/home/somebody",
            "TOKENIZERS_PARALLELISM": "disabled-for-now",
            "USE_TOKEN": "yes",
        }
    )
    said = "ghs_0123456789 wJalrXUtnFEMI/K7MDENG pr0xyp4ss /home/somebody disabled-for-now yes"
    assert vault.masked(said) == "*** *** *** /home/somebody disabled-for-now yes"


def test_of_a_secret_address_no_part_that_lets_people_in_is_shown():
    vault.remember("https://hooks.example/services/T0/B0/XyZ0123456789abcdef?key=0123456789abcdefg")
    for part in ("services/T0/B0/XyZ0123456789abcdef?key=0123456789abcdefg", "0123456789abcdefg"):
        assert vault.masked(f"POST /{part} is refused") == "POST /*** is refused"
    assert vault.masked("hooks.example answers: no XyZ0123456789abcdef") == (
        "hooks.example answers: no ***"
    )


@given(st.text(min_size=8, max_size=60), st.text(max_size=20), st.text(max_size=20))
def test_no_text_of_some_length_gets_through(secret, before, after):
    vault._known.clear()  # noqa: SLF001 - nothing else forgets
    vault.remember(secret)
    left = vault.masked(before + secret + after)
    kept = secret.strip()
    assert len(kept) < 8 or kept in "***" or kept not in left


def test_a_crash_says_what_it_says_without_secrets():
    crash = (
        "import sys\nfrom ymir.cli import main\n"
        "def fail(**_): raise RuntimeError('sent ' + sys.argv[1])\nmain.cli = fail\nmain.app()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", crash, PLAIN],
        env={"MY_TOKEN": PLAIN, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "RuntimeError: sent ***" in done.stderr
    assert PLAIN not in done.stdout + done.stderr
