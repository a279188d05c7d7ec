import httpx
import pytest

from tests.labelstudio import annotator
from tests.labelstudio.annotator import Habits, Truth, at_work, person
from tests.labelstudio.server import Server, a_label_studio

pytestmark = a_label_studio
SEEN = Truth(80, 40, (("cat", 8, 4, 16, 12), ("dog", 40, 20, 20, 10)))
CONFIG = """<View><Image name="image" value="$image"/><RectangleLabels name="label" toName="image">
<Label value="cat"/><Label value="dog"/></RectangleLabels></View>"""


@pytest.fixture
def project(label_studio: Server):
    """Eight tasks, without pictures, in a project that is removed at the end."""
    header = {"Authorization": f"Token {label_studio.legacy_token}"}
    with httpx.Client(base_url=label_studio.url, headers=header, timeout=60) as client:
        body = {"title": "people", "label_config": CONFIG}
        made = client.post("/api/projects/", json=body).json()["id"]
        rows = [{"data": {"image": "x.png", "ymir_image": f"{each}"}} for each in range(8)]
        client.post(f"/api/projects/{made}/import", json=rows).raise_for_status()
        yield client, made
        client.delete(f"/api/projects/{made}/")


def answers(client: httpx.Client, project: int) -> dict[str, list[dict]]:
    found = annotator.exported(client, project)
    return {each["data"]["ymir_image"]: each["annotations"] for each in found}


def test_they_do_every_task_once_and_remember_it(label_studio, project):
    client, number = project
    truth = {str(each): SEEN for each in range(8)}
    worker = person(label_studio, truth, Habits(skips=0.3, deletes=0.3), number)
    assert worker.works() == 8
    assert worker.works() == 0
    kinds = {image: deed.kind for (_, image, _), deed in worker.book.items()}
    assert set(kinds.values()) == {"labelled", "skipped", "deleted"}
    found = answers(client, number)
    assert set(found) == {image for image, kind in kinds.items() if kind != "deleted"}
    for image, given in found.items():
        assert [each["was_cancelled"] for each in given] == [kinds[image] == "skipped"]


def test_what_was_done_already_is_not_done_twice(label_studio, project):
    client, number = project
    truth = {str(each): SEEN for each in range(8)}
    open_then = annotator.tasks(client, number)
    worker = person(label_studio, truth, project=number)
    worker.works()
    with annotator.let_in(label_studio.url, label_studio.token) as again:
        for task in open_then:  # as somebody whose first answer never arrived
            worker.meets(again, {**task, "project": number})
    assert all(len(given) == 1 for given in answers(client, number).values())


def test_a_turned_box_covers_what_an_upright_one_does():
    upright, turned = (
        annotator.region(SEEN.boxes[0], SEEN, "b", is_turned=each)["value"]
        for each in (False, True)
    )
    assert turned["rotation"] == 90
    x, y, w, h = (
        turned[side] * size / 100
        for side, size in (("x", 80), ("y", 40), ("width", 80), ("height", 40))
    )
    assert (x - h, y, h, w) == pytest.approx(SEEN.boxes[0][1:])
    assert upright["x"] == pytest.approx(10)


def test_two_people_finish_together(label_studio, project):
    client, number = project
    truth = {str(each): SEEN for each in range(8)}
    one = person(label_studio, truth, project=number)
    other = person(label_studio, truth, Habits(shift=0.5), number)
    other.name = "another@example.com"
    with at_work(one, other):
        for _ in range(200):
            if len({*one.book, *other.book}) == 8:
                break
            annotator.rest()
    assert {image for _, image, _ in {*one.book, *other.book}} == set(truth)
    given = answers(client, number)
    assert sum(map(len, given.values())) == len(one.book) + len(other.book)
