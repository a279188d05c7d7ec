"""What is sent to a real Label Studio, and what comes back from it."""

import dataclasses
from pathlib import Path

import httpx
import pytest

from tests.labeling.batches import CLASSES, balanced, keeps_its_contract
from tests.labelstudio.desk import TOKEN_FILE, desk, region
from tests.labelstudio.server import Server, a_label_studio
from ymir.contracts.labeling import LabelTool, Waiting, Withdrawing
from ymir.data.table import table
from ymir.errors import DataError, StoreError
from ymir.labeling import label_studio as tool

pytestmark = a_label_studio
HELMET, BARE = CLASSES


def suggested(made, **by_place):
    """What a model finds on the images of a batch, by their places."""
    rows = made.images.to_dicts()
    return table({**rows[int(place[1:])], "objects": found} for place, found in by_place.items())


def found(label=HELMET, score=0.5, at=(10, 10), size=(20, 10)):
    return {
        "label": label,
        "score": score,
        **dict(zip("xywh", (*at, *size), strict=True)),
    }


def test_it_keeps_the_contract_of_label_tools(label_studio: Server, tmp_path: Path) -> None:
    assert isinstance(tool, LabelTool)
    assert isinstance(tool, Withdrawing)
    own = desk(label_studio, tmp_path)

    def answer(sent):
        there = dataclasses.replace(own, batch=sent)
        for image in sent.images["image"]:
            there.says(image, region())

    keeps_its_contract("label-studio", tmp_path, answer, own.settings)


def test_a_batch_is_one_project_with_a_task_for_each_image_in_its_order(label_studio, tmp_path):
    own = desk(label_studio, tmp_path)
    said = own.send()
    project = own.project()
    assert project["title"] == f"helmet round 2 · {own.batch.key[:8]}"
    where = f"{label_studio.url}/projects/{project['id']}/data"
    assert said == {
        "images": 3,
        "where": where,
        "project": project["id"],
        "url": label_studio.url,
    }
    assert [task["data"]["ymir_image"] for task in own.tasks()] == own.images
    assert [task["data"]["file"] for task in own.tasks()] == own.batch.images["file"].to_list()
    labels = project["parsed_label_config"]["label"]["labels"]
    assert labels == list(CLASSES)
    assert 'canRotate="false"' in project["label_config"]


def test_second_copies_come_last(label_studio, tmp_path):
    own = desk(label_studio, tmp_path)
    own.batch = dataclasses.replace(own.batch, twice=tuple(own.images[1:2]))
    own.send()
    sent = [(task["data"]["ymir_image"], task["data"]["ymir_copy"]) for task in own.tasks()]
    assert sent == [*((image, 1) for image in own.images), (own.images[1], 2)]
    own.says(own.images[1], region())
    own.says(own.images[1], region(at=(0, 0)), copy=2)
    assert [row["copy"] for row in own.rows()] == [1, 2]
    assert balanced(own.batch, own.collect()).reviewed == 1


def test_browsers_get_the_very_bytes_of_an_image(label_studio, tmp_path):
    own = desk(label_studio, tmp_path)
    own.send()
    with own.client() as client:
        for task in own.tasks():
            file = own.batch.media[task["data"]["ymir_image"]]
            assert client.get(task["data"]["image"]).content == file.read_bytes()


def test_people_start_from_what_the_model_finds(label_studio, tmp_path):
    own = desk(label_studio, tmp_path, model="helmet/r2")
    boxes = [
        found(score=0.9, at=(-10, 5)),
        found("no such class"),
        found(BARE, 0.3),
        found(at=(90, 90)),
    ]
    own.batch = dataclasses.replace(own.batch, suggested=suggested(own.batch, _0=boxes, _1=[]))
    own.send()
    with own.client() as client:
        shown = [
            client.get(f"/api/tasks/{task['id']}/").json()["predictions"] for task in own.tasks()
        ]
    assert [len(each) for each in shown] == [1, 0, 0]
    (first,) = shown[0]
    assert (first["model_version"], first["score"]) == ("helmet/r2", pytest.approx(0.6))
    cut, whole = first["result"]
    assert (cut["value"]["x"], cut["score"]) == (0, pytest.approx(0.9))
    assert cut["value"]["width"] == pytest.approx(100 * 10 / 60)
    assert whole["value"]["rectanglelabels"] == [BARE]


def test_labels_of_before_are_shown_beside_what_the_model_finds(label_studio, tmp_path):
    own = desk(label_studio, tmp_path, model="helmet/r2")
    rows = own.batch.images.to_dicts()
    rows[1]["objects"] = [{**found(), "score": None}]
    made = dataclasses.replace(own.batch, images=table(rows))
    own.batch = dataclasses.replace(made, suggested=suggested(made, _0=[found()], _1=[found(BARE)]))
    own.send()
    with own.client() as client:
        shown = [
            client.get(f"/api/tasks/{task['id']}/").json()["predictions"] for task in own.tasks()
        ]
    assert [[each["model_version"] for each in some] for some in shown] == [
        ["helmet/r2"], ["labels so far"], [],
    ]  # fmt: skip


def test_instructions_are_shown_and_nothing_in_them_is_run(label_studio, tmp_path):
    text = "# Helmets\n\n- draw **every** helmet\n- not hats\n\n<script>alert(1)</script>"
    own = desk(label_studio, tmp_path, instructions=text)
    own.send()
    project = own.project()
    assert project["show_instruction"]
    assert "<li>draw <b>every</b> helmet</li>" in project["expert_instruction"]
    assert "<script>" not in project["expert_instruction"]


def test_a_second_send_makes_nothing_even_where_people_renamed_the_project(label_studio, tmp_path):
    own = desk(label_studio, tmp_path)
    first = own.send()
    own.sets(title="our helmets")
    with own.client() as client:
        path = f"/api/projects/{first['project']}/file-uploads?all=true"
        uploads = client.get(path).json()
        assert own.send() == first
        assert client.get(path).json() == uploads
    assert len(own.tasks()) == 3


def test_what_is_missing_is_sent_again_and_surplus_copies_go(label_studio, tmp_path):
    own = desk(label_studio, tmp_path)
    own.send()
    again = {"data": own.tasks()[0]["data"]}
    answered = own.tasks()[1]
    project = own.project()["id"]
    own.posts(f"/api/projects/{project}/import", [again, {"data": answered["data"]}])
    (late,) = [task for task in own.tasks()[3:] if task["data"] == answered["data"]]
    own.posts(f"/api/tasks/{late['id']}/annotations/", {"result": []})
    own.deletes(own.images[2])
    own.send()
    left = own.tasks()
    assert sorted(task["data"]["ymir_image"] for task in left) == sorted(own.images)
    assert late["id"] in {task["id"] for task in left}


def test_two_who_made_a_project_at_once_agree_on_the_first(label_studio, tmp_path):
    own = desk(label_studio, tmp_path)
    own.send()
    first = own.project()
    body = {name: first[name] for name in ("title", "description", "label_config")}
    own.posts("/api/projects/", body)
    own.send()
    assert own.project()["id"] == first["id"]


def test_images_can_be_read_from_a_folder_that_both_see(label_studio, tmp_path):
    own = desk(label_studio, tmp_path)
    shared = {"path": "shared", "root": str(label_studio.files)}
    own.more = {"images": "folder", "folder": shared}
    own.send()
    own.send()
    with own.client() as client:
        for task in own.tasks():
            file = own.batch.media[task["data"]["ymir_image"]]
            assert client.get(task["data"]["image"]).content == file.read_bytes()
        storages = client.get(f"/api/storages/localfiles/?project={own.project()['id']}").json()
    assert [each["path"] for each in storages] == [str(tmp_path / "shared" / own.batch.key)]


def test_a_folder_that_the_server_does_not_serve_is_an_error(label_studio, tmp_path):
    own = desk(label_studio, tmp_path)
    elsewhere = {"path": "shared", "root": "/srv"}
    with pytest.raises(DataError, match="root `/srv` does not hold the folder"):
        own.send(images="folder", folder=elsewhere)
    assert own.projects() == []
    wrong = {"path": "shared", "root": "/srv", "served": "/srv/shared"}
    with pytest.raises(DataError) as error:
        own.send(images="folder", folder=wrong)
    assert "LABEL_STUDIO_LOCAL_FILES" in error.value.hint


def test_images_can_stay_where_browsers_fetch_them(label_studio, tmp_path):
    own = desk(label_studio, tmp_path)
    own.send(images="address", address="https://images.example/{head}/{tail}.{format}?n={file}")
    for task, image in zip(own.tasks(), own.images, strict=True):
        address = f"https://images.example/{image[:2]}/{image[2:]}.jpg"
        assert task["data"]["image"].startswith(f"{address}?n=day%201/clip-")


def test_a_webhook_is_registered_once_with_its_secret(label_studio, tmp_path):
    own = desk(label_studio, tmp_path, count=1)
    for secret in ("the first of two secrets", "the second of two secrets"):
        (tmp_path / "hook").write_text(secret)
        hook = {"url": "http://127.0.0.1:9/labels", "secret": {"file": "hook"}}
        own.send(webhook=hook)
        own.send(webhook=hook)
        with own.client() as client:
            (known,) = client.get(f"/api/webhooks/?project={own.project()['id']}").json()
        assert (known["url"], known["headers"]) == (hook["url"], {"X-Ymir-Secret": secret})
        assert "ANNOTATION_CREATED" in known["actions"]


def test_a_secret_that_can_be_guessed_is_not_registered(label_studio, tmp_path):
    own = desk(label_studio, tmp_path, count=1)
    (tmp_path / "hook").write_text("guess me")
    with pytest.raises(DataError, match="needs 16 letters or more") as error:
        own.send(webhook={"url": "http://127.0.0.1:9/labels", "secret": {"file": "hook"}})
    assert "guess me" not in f"{error.value} {error.value.hint}"


def test_an_image_whose_bytes_are_not_at_hand_stops_before_anything_is_made(label_studio, tmp_path):
    own = desk(label_studio, tmp_path)
    own.batch = dataclasses.replace(own.batch, media={})
    with pytest.raises(StoreError, match=r"the bytes of `day 1/clip-2.jpg` are not at hand"):
        own.send()
    assert own.projects() == []


def test_legacy_tokens_do_where_the_server_takes_them(own_label_studio, tmp_path):
    own = desk(own_label_studio, tmp_path, count=1)
    (tmp_path / TOKEN_FILE).write_text(own_label_studio.legacy_token)
    first = own.send()
    assert not isinstance(first, Waiting)
    settings = {"api_tokens_enabled": True, "legacy_api_tokens_enabled": False}
    own.posts("/api/jwt/settings", settings)
    with pytest.raises(DataError, match="takes no legacy tokens") as error:
        own.collect()
    assert "personal access token" in error.value.hint
    (tmp_path / TOKEN_FILE).write_text(own_label_studio.token)
    assert own.send() == first


@pytest.mark.parametrize("token", ["0" * 40, "a.b.c", "tökèn", "two words"])
def test_a_token_that_is_refused_is_said_to_be_without_being_said(label_studio, tmp_path, token):
    own = desk(label_studio, tmp_path)
    (tmp_path / TOKEN_FILE).write_text(token)
    with pytest.raises(DataError) as error:
        own.collect()
    assert f"the file `{TOKEN_FILE}`" in f"{error.value} {error.value.hint}"
    assert token not in f"{error.value} {error.value.hint}"


def test_a_server_that_is_away_makes_the_batch_wait(tmp_path):
    away = Server(tmp_path, tmp_path, port=9)
    own = desk(away, tmp_path / "workspace")
    own.more = {"patience": "1s"}
    for action in (own.send, own.collect, own.withdraw):
        said = action()
        assert isinstance(said, Waiting)
        assert said.what.startswith("Label Studio at http://127.0.0.1:9 does not answer (")
        assert said.what.endswith("; `ymir apply` tries again")


def test_nothing_of_a_secret_stands_in_what_is_logged(label_studio, tmp_path, caplog):
    caplog.set_level("DEBUG")
    own = desk(label_studio, tmp_path, count=1)
    own.send()
    assert "api/projects" in caplog.text
    assert label_studio.token not in caplog.text
    assert httpx.URL(own.settings["url"]).userinfo == b""
