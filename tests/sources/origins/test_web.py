"""Downloads from a server that drops, changes, lies and leads astray."""

import hashlib
import os
import subprocess
from pathlib import Path
from shutil import which

import pytest

from tests.components import needs
from tests.sources.origins.server import Site, serving
from ymir.errors import DataError, StoreError
from ymir.sources.origins.budget import Limits
from ymir.sources.origins.download import download
from ymir.sources.origins.web import pull

CONTENT = os.urandom(3 << 20)
SHA256 = hashlib.sha256(CONTENT).hexdigest()
AT_ONCE = (0, 0, 0)  # three more attempts, without a pause


def fetched(site: Site, folder: Path, sha256: str = SHA256) -> Path:
    def attempt(part: Path) -> None:
        pull(site.url, part, AT_ONCE)

    return download(attempt, site.url, sha256, folder)


def test_a_file_arrives_under_its_hash_and_is_not_fetched_twice(tmp_path: Path) -> None:
    with serving(Site(CONTENT)) as site:
        assert fetched(site, tmp_path).read_bytes() == CONTENT
        assert fetched(site, tmp_path) == tmp_path / SHA256
        assert len(site.asked) == 1
    assert [path.name for path in tmp_path.iterdir()] == [SHA256]


def test_a_download_that_breaks_off_goes_on_where_it_ended(tmp_path: Path) -> None:
    with serving(Site(CONTENT, drops=[1_000_000, 1_000_000])) as site:
        assert fetched(site, tmp_path).read_bytes() == CONTENT
    asked = [each.get("Range") for each in site.asked]
    assert asked == [None, "bytes=1000000-", "bytes=2000000-"]
    assert {each.get("If-Range") for each in site.asked[1:]} == {'"1"'}


def test_another_run_goes_on_where_one_ended(tmp_path: Path) -> None:
    with serving(Site(CONTENT, drops=[100] * 4)) as site:
        with pytest.raises(DataError, match=r"broke off after 100 of \d+ bytes.* \(4 attempts\)"):
            fetched(site, tmp_path)
        assert (tmp_path / f"{SHA256}.part").stat().st_size == 400
        assert fetched(site, tmp_path).read_bytes() == CONTENT
    assert site.asked[-1]["Range"] == "bytes=400-"


def test_attempts_that_bring_much_are_not_counted(tmp_path: Path) -> None:
    content = CONTENT * 4
    with serving(Site(content, drops=[2 << 20] * 5)) as site:
        assert fetched(site, tmp_path, hashlib.sha256(content).hexdigest()).stat().st_size == len(
            content
        )
        assert len(site.asked) == 6


def test_a_server_without_ranges_is_asked_for_everything(tmp_path: Path) -> None:
    with serving(Site(CONTENT, knows_ranges=False, drops=[1_000_000])) as site:
        assert fetched(site, tmp_path).read_bytes() == CONTENT


@pytest.mark.parametrize("version", [None, 'W/"1"'])
def test_nothing_is_put_behind_a_part_whose_version_is_unknown(
    tmp_path: Path, version: str | None
) -> None:
    with serving(Site(CONTENT, version=version, drops=[1_000_000])) as site:
        assert fetched(site, tmp_path).read_bytes() == CONTENT
    assert [each.get("Range") for each in site.asked] == [None, None]


def test_the_time_of_the_last_change_serves_as_a_version(tmp_path: Path) -> None:
    modified = "Sun, 22 Nov 2026 10:00:00 GMT"
    with serving(Site(CONTENT, version=None, modified=modified, drops=[1_000_000])) as site:
        assert fetched(site, tmp_path).read_bytes() == CONTENT
    assert site.asked[1]["If-Range"] == modified


def test_a_server_that_drips_is_given_up_and_what_came_is_kept(tmp_path: Path) -> None:
    limits, part = Limits(seconds=0.1), tmp_path / "data.part"
    with serving(Site(CONTENT, drips=0.02)) as site:
        with pytest.raises(DataError, match=r"its answer is not whole after \d+ s \(2 attempts\)"):
            pull(site.url, part, (0,), limits)
        assert 2 <= part.stat().st_size < 100
        site.drips = 0
        pull(site.url, part, (0,), limits)
    assert part.read_bytes() == CONTENT


def test_a_file_that_changes_in_between_is_fetched_anew(tmp_path: Path) -> None:
    def change(site: Site) -> None:
        site.content, site.version = CONTENT, '"2"'

    with serving(Site(b"old" * 999_999, drops=[1_000_000], after=change)) as site:
        assert fetched(site, tmp_path).read_bytes() == CONTENT


def test_a_file_that_shrinks_in_between_is_fetched_anew(tmp_path: Path) -> None:
    def change(site: Site) -> None:
        site.content = CONTENT

    with serving(Site(bytes(9 << 20), drops=[5 << 20], after=change)) as site:
        assert fetched(site, tmp_path).read_bytes() == CONTENT


def test_a_part_that_is_whole_already_is_checked_and_kept(tmp_path: Path) -> None:
    with serving(Site(CONTENT, drops=[5] * 4)) as site:
        with pytest.raises(DataError):
            fetched(site, tmp_path)
        (tmp_path / f"{SHA256}.part").write_bytes(CONTENT)
        assert fetched(site, tmp_path).read_bytes() == CONTENT


def test_a_part_that_was_begun_with_other_content_is_fetched_anew(tmp_path: Path) -> None:
    with serving(Site(CONTENT, drops=[5] * 4)) as site:
        with pytest.raises(DataError):
            fetched(site, tmp_path)
        (tmp_path / f"{SHA256}.part").write_bytes(b"something else")
        assert fetched(site, tmp_path).read_bytes() == CONTENT


def test_a_wrong_hash_is_an_error_with_both_and_the_file_is_removed(tmp_path: Path) -> None:
    with (
        serving(Site(b"something else")) as site,
        pytest.raises(DataError, match=f"its sha256 is `[0-9a-f]{{64}}`, .* `{SHA256}`"),
    ):
        fetched(site, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_more_than_was_announced_is_not_taken(tmp_path: Path) -> None:
    with serving(Site(CONTENT + b"more", says_length=len(CONTENT))) as site:
        assert fetched(site, tmp_path).read_bytes() == CONTENT


def test_a_length_that_is_not_announced_is_no_hindrance(tmp_path: Path) -> None:
    with serving(Site(CONTENT, says_length=-1)) as site:
        assert fetched(site, tmp_path).read_bytes() == CONTENT


@pytest.mark.parametrize("length", [-1, 1 << 20])
def test_what_does_not_fit_the_disk_is_given_up(tmp_path: Path, length: int) -> None:
    with (
        serving(Site(CONTENT, says_length=length)) as site,
        pytest.raises(StoreError, match="cannot be stored: the disk has too little room"),
    ):
        pull(site.url, tmp_path / "a.part", AT_ONCE, Limits(reserve=1 << 60))


@pytest.mark.parametrize("code", [500, 503, 429, 408])
def test_a_server_in_trouble_is_asked_again(tmp_path: Path, code: int) -> None:
    with serving(Site(CONTENT, answers=[code, code])) as site:
        assert fetched(site, tmp_path).read_bytes() == CONTENT


@pytest.mark.parametrize("code", [401, 403, 404, 410])
def test_a_server_that_refuses_is_asked_once(tmp_path: Path, code: int) -> None:
    with serving(Site(CONTENT, answers=[code])) as site:
        with pytest.raises(DataError, match=f"the server answers {code}"):
            fetched(site, tmp_path)
        assert len(site.asked) == 1


def test_a_server_that_is_not_there_is_named(tmp_path: Path) -> None:
    with serving(Site(CONTENT)) as site:
        pass
    with pytest.raises(DataError, match=r"cannot be reached \(.*refused.*\) \(4 attempts\)"):
        fetched(site, tmp_path)


def test_another_address_is_followed(tmp_path: Path) -> None:
    with serving(Site(CONTENT)) as there, serving(Site(b"", leads_to=there.url)) as site:
        assert fetched(site, tmp_path).read_bytes() == CONTENT


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/x", "data:,x"])
def test_another_kind_of_address_is_not_followed(tmp_path: Path, target: str) -> None:
    with (
        serving(Site(b"", leads_to=target)) as site,
        pytest.raises(DataError, match=r"not safe to follow|is not allowed"),
    ):
        fetched(site, tmp_path)


def test_a_circle_of_addresses_ends(tmp_path: Path) -> None:
    with serving(Site(b"")) as site:
        site.leads_to = site.url
        with pytest.raises(DataError, match="the server answers 302"):
            fetched(site, tmp_path)


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate for the loopback, and its key."""
    made, key = tmp_path / "tls.pem", tmp_path / "key.pem"
    words = (
        "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=x -addext subjectAltName=IP:127.0.0.1"
    )
    command = ["openssl", *words.split(), "-keyout", str(key), "-out", str(made)]
    subprocess.run(command, check=True, capture_output=True)
    return made, key


openssl = needs("openssl", which("openssl") is not None, "install openssl")


@openssl
def test_what_begins_with_tls_stays_with_it(
    tmp_path: Path, certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    with serving(Site(CONTENT)) as plain, serving(Site(CONTENT), certificate) as site:
        assert fetched(site, tmp_path / "direct").read_bytes() == CONTENT
        site.leads_to = plain.url
        with pytest.raises(DataError, match="not safe to follow"):
            fetched(site, tmp_path / "led")
        assert not plain.asked


@openssl
def test_a_server_that_cannot_prove_its_name_is_refused_at_once(
    tmp_path: Path, certificate: tuple[Path, Path]
) -> None:
    with (
        serving(Site(CONTENT), certificate) as site,
        pytest.raises(DataError, match="cannot be trusted: self-signed"),
    ):
        fetched(site, tmp_path)
