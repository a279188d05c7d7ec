import pytest
from pydantic import ValidationError

from ymir.cvat.settings import Settings

TOKEN = {"env": "CVAT_TOKEN"}
URL = "https://cvat.example"


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"token": TOKEN}, "Field required"),
        ({"url": URL}, "give a `token`, or `user` and `password`"),
        ({"url": URL, "user": "anna"}, "give a `token`, or `user` and `password`"),
        ({"url": URL, "token": TOKEN, "user": "anna"}, "give either a `token`, or `user`"),
        ({"url": URL, "token": "0123456789"}, "a secret is never written in a spec"),
        ({"url": "https://anna:secret@cvat.example", "token": TOKEN}, "without user or password"),
        ({"url": "cvat.example", "token": TOKEN}, "without user or password"),
        ({"url": URL, "token": TOKEN, "segment_size": 0}, "greater than 0"),
        ({"url": URL, "token": TOKEN, "images": "folder"}, "go together: give both"),
        ({"url": URL, "token": TOKEN, "folder": {"path": "a"}}, "go together: give both"),
        ({"url": URL, "token": TOKEN, "jobs": 3}, "Extra inputs are not permitted"),
    ],
)
def test_a_mistake_in_the_settings_is_said_in_words(given, why):
    with pytest.raises(ValidationError, match=why):
        Settings.model_validate(given)


def test_a_url_and_a_token_are_enough():
    settings = Settings.model_validate({"url": URL, "token": TOKEN})
    assert (settings.images, settings.finished, settings.segment_size) == (
        "upload",
        "completed",
        100,
    )
