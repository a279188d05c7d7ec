"""Which images nobody was asked about for a new class, and which of them go back."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from tests.stages.models import asking, finding, put_model, run
from tests.stages.test_training import BOX, Place, picture
from ymir.data.table import table
from ymir.errors import ResultError
from ymir.media.tables import read_table, write_table
from ymir.plan.snapshot import Recipe
from ymir.stages import mine
from ymir.stages.again import facts_of, sent_again, with_again, with_unseen
from ymir.stages.kind import Work
from ymir.stages.unseen import LEAST, labelled_before

DOG = {**BOX, "label": "dog"}
ORDER = ("train", "val", "test", "pool")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Four datasets of three images; round 1 knew cats only, and its batch was one of the pool."""
    (tmp_path / "media/.dvc").mkdir(parents=True)
    (tmp_path / "media/.dvc/config").touch()
    place = Place(tmp_path)
    for first, name in enumerate(ORDER):
        place.put(name, *(picture(10 * first + at) for at in range(3)))
    trained(place, 1, images(place, "train"))
    answered(place, 1, images(place, "pool")[:1])
    trained(place, 2, [*images(place, "train"), images(place, "pool")[0]])
    return place


def images(place: Place, name: str) -> list[str]:
    return read_table(place.root / "store" / name / "images.parquet")["image"].to_list()


def rows(names: Iterable[str], *boxes: dict[str, object]) -> pl.DataFrame:
    return table({"image": each, "width": 128, "height": 96, "objects": boxes} for each in names)


def trained(place: Place, number: int, names: Iterable[str], *boxes: dict[str, object]) -> None:
    folder = place.root / f"store/p/r{number}/training"
    write_table(rows(names, *(boxes or (BOX,))), folder / "training.parquet")


def answered(
    place: Place,
    number: int,
    names: list[str],
    *boxes: dict[str, object],
    origin: str | None = None,
) -> None:
    """A batch that came back."""
    folder = place.root / f"store/p/r{number}"
    sent = pl.DataFrame(
        {"image": names, "origin": [origin] * len(names), "rank": range(1, len(names) + 1)},
        schema={"image": pl.String, "origin": pl.String, "rank": pl.Int64},
    )
    write_table(sent, folder / "mine/mined.parquet")
    write_table(rows(names, *(boxes or (BOX,))), folder / "label/labelled.parquet")


def work(place: Place, *, before: int = 1, now: int = 2, **settings: object) -> Work:
    """Mining in a round whose model knows dogs, too."""
    earlier = [f"p/r{n}/{kind}" for n in range(1, now) for kind in ("mine", "label")]
    names = (f"p/r{now}/train", "pool", f"p/r{now}/training", "test", "val", *earlier, "train")
    asked = {"most": 9, "before": {"dog": f"p/r{before}/training"}}
    plain = place.work("mine", {})
    known = {
        **plain.stage.settings,
        "labels": ["cat", "dog"],
        "room": None,
        "new_classes": asked,
        **settings,
    }
    stage = replace(
        plain.stage, name=f"p/r{now}/mine", inputs=(*names, f"p/r{before}/training"), settings=known
    )
    return replace(plain, stage=stage, recipe=Recipe("mine", known, {}))


def find(work: Work, scores: dict[str, tuple[str, float]]) -> Work:
    """Let the executor find something: per image a class and how sure it is."""
    it = asking(work)
    assert run(mine, it, finding(scores)) == 1
    return it


def asked(work: Work) -> set[str]:
    found = labelled_before(work)
    assert found["label"].unique().to_list() in ([], ["dog"])
    return set(found["image"])


def test_the_last_set_without_the_class_and_its_batch_were_labelled_before(place: Place) -> None:
    assert asked(work(place)) == {*images(place, "train"), images(place, "pool")[0]}


def test_what_was_answered_since_was_answered_for_the_class(place: Place) -> None:
    base, pool = images(place, "train"), images(place, "pool")
    answered(place, 2, [base[0]], origin="train")
    trained(place, 3, [*base, *pool[:1]])
    assert asked(work(place, now=3)) == {*base[1:], pool[0]}


def test_what_nobody_answered_for_is_asked_again(place: Place) -> None:
    base, pool = images(place, "train"), images(place, "pool")
    answered(place, 2, base[:2], origin="train")
    given_up = pl.DataFrame({"image": base[:1]})
    write_table(given_up, place.root / "store/p/r2/label/released.parquet")
    trained(place, 3, [*base, *pool[:1]])
    assert asked(work(place, now=3)) == {base[0], base[2], pool[0]}


def test_a_dataset_that_has_the_class_knows_it(place: Place) -> None:
    path = place.root / "store/train/images.parquet"
    first, *others = read_table(path).rows(named=True)
    write_table(table([{**first, "objects": [BOX, DOG]}, *others]), path)
    assert asked(work(place)) == {images(place, "pool")[0]}


def test_a_dataset_that_has_it_only_from_people_does_not(place: Place) -> None:
    """Else the first corrections would end all others."""
    path = place.root / "store/train/images.parquet"
    first, *others = read_table(path).rows(named=True)
    write_table(table([{**first, "objects": [BOX, DOG]}, *others]), path)
    base, pool = images(place, "train"), images(place, "pool")
    answered(place, 2, base[:1], BOX, DOG, origin="train")
    trained(place, 3, [*base, *pool[:1]])
    assert asked(work(place, now=3)) == {*base[1:], pool[0]}


def test_an_image_with_a_box_of_it_and_one_that_is_learned_no_more_are_left_alone(
    place: Place,
) -> None:
    base = images(place, "train")
    trained(place, 2, base[:2], BOX)
    folder = place.root / "store/p/r2/training"
    two = read_table(folder / "training.parquet")
    write_table(pl.concat([two.head(1), rows([base[1]], BOX, DOG)]), folder / "training.parquet")
    assert asked(work(place)) == {base[0]}


def test_the_surest_go_back_with_what_they_may_show_and_the_labels_that_they_have(
    place: Place,
) -> None:
    base, (pool, *_) = images(place, "train"), images(place, "pool")
    put_model(place, "p/r2/train")
    scores = {base[0]: ("dog", 0.4), base[1]: ("cat", 0.99), base[2]: ("dog", LEAST - 0.01)}
    it = find(work(place), {**scores, pool: ("dog", 0.71)})
    again = with_unseen(it, sent_again(it))
    shown = again.select("image", "dataset", "origin", "why", "score").rows()
    assert shown == [
        (pool, None, "p-r1", "may show dog: 0.71", pytest.approx(0.71)),
        (base[0], "train", "train", "may show dog: 0.4", pytest.approx(0.4)),
    ]
    assert [[each["label"] for each in objects] for objects in again["objects"]] == [["cat"]] * 2
    facts = facts_of(it, again)
    assert facts == {"relabel": 2, "relabel_left": 0, "new_class": 2, "corrected": {"train": 1}}
    mined = pl.DataFrame(
        {
            "image": ["m", "n"],
            "score": [1.0, 0.5],
            "why": ["w", "by lot"],
            "rank": [1, 2],
            "origin": ["mined", "control"],
        }
    )
    batch = with_again(mined, again)
    assert batch.select("image", "rank", "origin").rows() == [
        (pool, 1, "p-r1"),
        (base[0], 2, "train"),
        ("m", 3, None),
        ("n", 4, "control"),
    ]


@pytest.mark.parametrize(
    "limits", [{"room": 1}, {"new_classes": {"most": 1, "before": {"dog": "p/r1/training"}}}]
)
def test_neither_the_budget_nor_what_the_spec_says_is_exceeded(
    place: Place, limits: dict[str, object]
) -> None:
    base = images(place, "train")
    put_model(place, "p/r2/train")
    it = find(work(place, **limits), {base[0]: ("dog", 0.4), base[1]: ("dog", 0.9)})
    again = with_unseen(it, sent_again(it))
    assert again["image"].to_list() == [base[1]]


def test_a_broken_answer_of_the_executor_is_no_empty_one(place: Place) -> None:
    def answer(images: list[str], out: Path) -> None:
        (out / "infer-result.json").write_text('{"detection": 3}')

    put_model(place, "p/r2/train")
    with pytest.raises(ResultError, match=r"infer-result.json"):
        run(mine, asking(work(place)), answer)
