import signal

import httpx
import pytest

from tests.labelstudio.server import Server, a_label_studio, token_of

pytestmark = a_label_studio


def test_both_of_its_tokens_are_let_in(label_studio: Server):
    asked = httpx.post(
        f"{label_studio.url}/api/token/refresh/", json={"refresh": label_studio.token}
    )
    bearer = {"Authorization": f"Bearer {asked.json()['access']}"}
    legacy = {"Authorization": f"Token {label_studio.legacy_token}"}
    for header in (bearer, legacy):
        assert httpx.get(f"{label_studio.url}/api/projects/", headers=header).status_code == 200


def test_it_comes_back_where_it_was_with_what_it_had(own_label_studio: Server):
    url, header = own_label_studio.url, {"Authorization": f"Token {own_label_studio.legacy_token}"}
    made = httpx.post(f"{url}/api/projects/", json={"title": "cats"}, headers=header)
    assert made.status_code == 201
    own_label_studio.stop(signal.SIGKILL)
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/health")
    own_label_studio.start()
    assert own_label_studio.url == url
    found = httpx.get(f"{url}/api/projects/", headers=header).json()["results"]
    assert [each["title"] for each in found] == ["cats"]
    refreshed = httpx.post(f"{url}/api/token/refresh/", json={"refresh": own_label_studio.token})
    assert refreshed.status_code == 200


def test_who_does_not_know_the_password_gets_no_token(label_studio: Server):
    with pytest.raises(AssertionError, match="not ours"):
        token_of(label_studio.url, label_studio.user, "guessed")
