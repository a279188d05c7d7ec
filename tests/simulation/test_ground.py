"""Which images a simulation stands on."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.simulation.grounds import BOX, ground_of
from ymir.comparison.records import Records
from ymir.data.table import table
from ymir.errors import DataError, SpecError
from ymir.media.tables import write_table
from ymir.simulation.ground import Ground, ground

CAT, DOG, HEN = ({"label": name, **BOX} for name in ("cat", "dog", "hen"))
GUESS = {**CAT, "score": 0.7}


def records(
    folder: Path, made: Mapping[str, Mapping[int, Sequence[dict]]], **parts: object
) -> Records:
    """A workspace with the project of `grounds`; `made` says which images a table has."""
    for name, images in made.items():
        file = "labelled.parquet" if name.endswith("/label") else "images.parquet"
        (folder / name).mkdir(parents=True)
        rows = [
            {"image": f"{number:032x}", "objects": objects} for number, objects in images.items()
        ]
        write_table(table(rows), folder / name / file)
    project = ground_of(2, topk=1).project.model_copy(update=parts)
    return Records(
        folder,
        SimpleNamespace(projects={"pets": project}),
        SimpleNamespace(open=lambda name: folder / name),
        dict.fromkeys(made),
    )


def numbers(found: Ground) -> list[int]:
    return [int(image, 16) for image in found.labelled["image"]]


SETS = {"a": {1: [CAT]}, "b": {2: [CAT]}, "c": {3: [DOG]}, "d": {4: [CAT], 5: [], 6: [GUESS]}}


def test_training_sets_and_a_pool_whose_labels_are_revealed_count(tmp_path: Path) -> None:
    found = ground("pets", records(tmp_path, SETS))
    assert numbers(found) == [1, 4, 5]  # 6 has predictions, no labels
    assert found.boxes(found.labelled["image"]) == {"cat": 2}


def test_an_empty_image_of_a_pool_that_people_label_says_nothing(tmp_path: Path) -> None:
    label = ground_of(2, topk=1).project.label.model_copy(update={"use": "folder"})
    assert numbers(ground("pets", records(tmp_path, SETS, label=label))) == [1, 4]


def test_batches_that_came_back_count_and_their_labels_win(tmp_path: Path) -> None:
    back = {"pets/r1/label": {5: [DOG, CAT], 7: []}, "pets/r2/label": {4: [DOG]}}
    found = ground("pets", records(tmp_path, {**SETS, **back}))
    assert numbers(found) == [1, 4, 5, 7]
    assert found.boxes([f"{4:032x}"]) == {"dog": 1}


def test_what_models_are_judged_on_is_never_learned_from(tmp_path: Path) -> None:
    shared = {**SETS, "d": {2: [CAT], 3: [DOG], 4: [CAT]}}
    assert numbers(ground("pets", records(tmp_path, shared))) == [1, 4]


def test_classes_of_others_are_no_labels(tmp_path: Path) -> None:
    found = ground("pets", records(tmp_path, {**SETS, "d": {4: [CAT, HEN]}}))
    assert found.boxes(found.labelled["image"]) == {"cat": 2}


def test_labels_that_change_change_what_stands_for_them(tmp_path: Path) -> None:
    first = ground("pets", records(tmp_path / "1", SETS))
    again = ground("pets", records(tmp_path / "2", {**SETS, "d": {4: [CAT]}}))
    other = ground("pets", records(tmp_path / "3", {**SETS, "d": {4: [DOG]}}))
    image = f"{4:032x}"
    assert first.digests[image] == again.digests[image] != other.digests[image]
    assert first.judged_by == other.judged_by


def test_a_testing_set_without_a_box_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="the testing set of `pets` has no box"):
        ground("pets", records(tmp_path, {**SETS, "c": {3: []}}))


def test_what_is_not_there_is_asked_for(tmp_path: Path) -> None:
    made = {name: each for name, each in SETS.items() if name != "d"}
    with pytest.raises(DataError, match="the dataset `d`, of `data: mining:`, is not made yet"):
        ground("pets", records(tmp_path / "1", made))
    with pytest.raises(SpecError, match="no project is called `pest`"):
        ground("pest", records(tmp_path / "2", SETS))
