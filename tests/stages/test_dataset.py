import json
import shutil
from pathlib import Path

import polars as pl
import pytest

from tests.dvc.real import new_workspace
from tests.media.pictures import picture, put, thing, voc, voc_folder
from ymir.contracts.store import Store, stores
from ymir.data.corrections import replaced
from ymir.data.table import table
from ymir.errors import DataError
from ymir.media.store import MediaStore
from ymir.media.tables import read_table, write_table
from ymir.plan.snapshot import Recipe, recipe_for
from ymir.plan.stage import RoundOf, Stage
from ymir.sources.source import planned_digest
from ymir.spec.catalogue import Catalogue
from ymir.spec.dataset import DatasetSpec
from ymir.spec.labels import LabelsSpec
from ymir.spec.source import Source
from ymir.stages import dataset
from ymir.stages.kind import StageKind, Work

LABELS = LabelsSpec.model_validate(
    {
        "apiVersion": "ymir/v1",
        "kind": "Labels",
        "classes": [{"name": "cat", "aliases": ["kitten"]}, "dog"],
    }
)


def box(label: str) -> dict[str, object]:
    return {"label": label, "x": 2.0, "y": 2.0, "w": 5.0, "h": 5.0}


class Place:
    """A workspace in which stages of datasets are made and recorded."""

    def __init__(self, folder: Path) -> None:
        self.workspace = new_workspace(folder / "workspace")
        self.store: Store = stores.load("dvc").connect(self.workspace)
        self.media = MediaStore(self.workspace)

    def imported(self, folder: Path, name: str = "base", then=(), answers=(), **settings):
        corrections = {each: self.store.observe()[each].digest for each in answers}
        source = Source(**{"format": "voc", "path": str(folder), **settings})
        cache = self.workspace / ".ymir/sources"
        digest = planned_digest(source, self.workspace, cache, is_recorded=True, depth="files")
        return self.made(
            Stage(
                name,
                "dataset",
                settings={
                    "from": source.model_dump(mode="json", by_alias=True),
                    "labels": LABELS.primary_names(),
                    "then": list(then),
                },
                digests={**({"source": digest} if digest else {}), **corrections},
            )
        )

    def derived(self, name: str, merge: list[str], then=(), on_conflict="stop"):
        spec = DatasetSpec.model_validate(
            {"apiVersion": "ymir/v1", "kind": "Dataset", "name": name, "merge": merge, "then": then}
        )
        settings = {
            "merge": merge,
            "on_conflict": on_conflict,
            "then": [op.model_dump(mode="json") for op in spec.then],
        }
        return self.made(Stage(name, "dataset", inputs=spec.inputs, settings=settings))

    def made(self, stage: Stage):
        recipe = recipe_for(stage, self.store.observe())
        into = self.workspace / ".ymir" / "made" / recipe.digest
        into.mkdir(parents=True, exist_ok=True)
        work = Work(
            stage, recipe, Catalogue(LABELS), self.store, self.media, self.workspace, into.parent
        )
        assert dataset.jobs(work) == ()
        made = dataset.make(work, into)
        self.store.record(stage, recipe, into, made.facts)
        return made.facts

    def table(self, name: str):
        return read_table(self.store.open(name) / "images.parquet")


@pytest.fixture
def place(tmp_path) -> Place:
    return Place(tmp_path)


def test_the_module_is_a_kind_of_stage():
    assert isinstance(dataset, StageKind)


def test_an_import_writes_its_table_and_its_account(place, tmp_path):
    folder = voc_folder(tmp_path / "data")
    put(folder / "JPEGImages/bad.jpg", b"")
    facts = place.imported(folder, reject="skip")
    assert facts["images"] == 3
    assert facts["per_class"] == {"cat": 3}
    assert facts["import"]["images"] == {"in": 4, "kept": 3, "merged": 0, "rejected": 1}
    account = json.loads((place.store.open("base") / "import.json").read_text())
    assert account["rejected"] == [
        {"file": "JPEGImages/bad.jpg", "reason": "the file is empty", "boxes": 0}
    ]
    assert account["balance"] == facts["import"]
    assert place.table("base").height == 3


def test_a_bad_source_leaves_no_file(place, tmp_path):
    put(tmp_path / "data/a.jpg", b"")
    with pytest.raises(DataError, match=r"a\.jpg"):
        place.imported(tmp_path / "data")
    assert not list(place.workspace.rglob("*.parquet"))
    assert not list(place.workspace.rglob("?*.dvc"))


def test_importing_an_unchanged_source_again_makes_no_version(place, tmp_path):
    folder = voc_folder(tmp_path / "data")
    place.imported(folder)
    before = place.store.observe()["base"]
    place.imported(folder)
    assert place.store.observe()["base"] == before


def test_a_changed_source_makes_the_next_version_and_uses_stored_bytes_again(place, tmp_path):
    folder = voc_folder(tmp_path / "data")
    place.imported(folder)
    objects = {path: path.stat().st_mtime_ns for path in place.media.cache.rglob("??????*")}
    put(folder / "JPEGImages/3.jpg", picture(3))
    put(folder / "Annotations/3.xml", voc(thing("kitten")))
    place.imported(folder)
    assert place.store.observe()["base"].number == 2
    assert place.table("base").height == 4
    assert all(path.stat().st_mtime_ns == before for path, before in objects.items())
    assert len(list(place.media.pool.glob("*.dvc"))) == 2


def test_datasets_are_merged_and_refined_in_order(place, tmp_path):
    one, other = voc_folder(tmp_path / "one"), voc_folder(tmp_path / "other", 6)
    put(other / "Annotations/4.xml", voc(thing("dog"), thing("cat", (2, 2, 9, 9))))
    place.imported(one, "one")
    place.imported(other, "other")
    facts = place.derived(
        "both",
        ["one", "other"],
        [
            {"op": "exclude", "datasets": ["one"]},
            {"op": "filter", "exclude_labels": ["cat"], "unlabelled": "drop"},
        ],
    )
    assert (facts["images"], facts["boxes"], facts["per_class"]) == (1, 1, {"dog": 1})
    assert (
        place.derived("some", ["other"], [{"op": "sample", "count": 4, "seed": 1}])["images"] == 4
    )
    half = place.derived("half", ["other"], [{"op": "filter", "labels": ["dog"], "tags": {}}])
    assert (half["images"], half["boxes"], half["unlabelled"]) == (6, 1, 5)


def test_datasets_that_disagree_stop_unless_one_is_to_win(place, tmp_path):
    one, other = voc_folder(tmp_path / "one"), voc_folder(tmp_path / "other")
    put(other / "Annotations/1.xml", voc(thing("dog")))
    place.imported(one, "one")
    place.imported(other, "other")
    with pytest.raises(DataError, match="labelled differently"):
        place.derived("both", ["one", "other"])
    first = place.derived("mine", ["one", "other"], on_conflict="first")
    last = place.derived("theirs", ["one", "other"], on_conflict="last")
    assert (first["per_class"], last["per_class"]) == ({"cat": 3}, {"cat": 2, "dog": 1})


def test_an_import_may_be_refined_too(place, tmp_path):
    then = [{"op": "sample", "share": 0.5, "seed": 3}]
    facts = place.imported(voc_folder(tmp_path / "data", 4), then=then)
    assert facts["images"] == 2
    assert facts["import"]["images"]["kept"] == 4


def answered(place: Place, number: int, **objects: list[dict[str, object]]) -> str:
    """Record what people said of images of `base` in a round; the names are those of files."""
    rows = place.table("base").with_columns(
        stem=pl.col("file").str.extract(r"([^/.]*)\.jpg$"), dataset=pl.lit("base")
    )
    said = rows.filter(pl.col("stem").is_in([each.lstrip("_") for each in objects]))
    boxes = table(
        {"image": i, "objects": objects[f"_{s}"]} for i, s in said["image", "stem"].rows()
    )
    folder = place.workspace / ".ymir" / f"answers-{number}"
    write_table(replaced(said, boxes).drop("stem"), folder / "corrected.parquet")
    where = RoundOf("p", number)
    stage = Stage(where.stage("label"), "label", round=where)
    place.store.record(
        stage, Recipe("label", {"n": number}, {}), folder, {"corrected": {"base": 1}}
    )
    return stage.name


def labels_by_file(place: Place) -> dict[str, list[str]]:
    rows = place.table("base").sort("file")
    return {
        file.rsplit("/", 1)[-1]: [each["label"] for each in objects]
        for file, objects in rows["file", "objects"].rows()
    }


def test_corrections_come_last_and_the_newest_answer_wins(place, tmp_path):
    folder = voc_folder(tmp_path / "data")
    place.imported(folder)
    answers = [
        answered(place, 2, _1=[box("dog")]),
        answered(place, 1, _1=[], _2=[box("dog"), box("cat")]),
    ]
    facts = place.imported(folder, answers=answers)
    assert labels_by_file(place) == {"0.jpg": ["cat"], "1.jpg": ["dog"], "2.jpg": ["dog", "cat"]}
    assert (facts["boxes"], facts["corrections"]) == (4, 3)
    assert place.store.observe()["base"].number == 2


def test_a_correction_needs_no_source_and_keeps_the_account_of_the_import(place, tmp_path):
    folder = voc_folder(tmp_path / "data")
    before = place.imported(folder)
    account = (place.store.open("base") / "import.json").read_bytes()
    recorded = place.store.observe()["base"].recipe
    shutil.rmtree(folder)
    label = answered(place, 1, _1=[])
    digests = {**recorded.inputs, label: place.store.observe()[label].digest}
    facts = place.made(Stage("base", "dataset", settings=recorded.settings, digests=digests))
    assert labels_by_file(place)["1.jpg"] == []
    assert facts["import"] == before["import"]
    assert (place.store.open("base") / "import.json").read_bytes() == account


def test_a_changed_source_is_read_and_then_corrected(place, tmp_path):
    folder = voc_folder(tmp_path / "data")
    place.imported(folder)
    label = answered(place, 1, _1=[box("dog")])
    place.imported(folder, answers=[label])
    put(folder / "Annotations/0.xml", voc())
    put(folder / "Annotations/1.xml", voc())
    (folder / "JPEGImages/2.jpg").unlink()
    (folder / "Annotations/2.xml").unlink()
    place.imported(folder, answers=[label])
    assert labels_by_file(place) == {"0.jpg": [], "1.jpg": ["dog"]}


def test_an_answer_for_an_image_that_is_gone_brings_nothing_back(place, tmp_path):
    folder = voc_folder(tmp_path / "data")
    place.imported(folder)
    label = answered(place, 1, _2=[box("dog")])
    (folder / "JPEGImages/2.jpg").unlink()
    (folder / "Annotations/2.xml").unlink()
    place.imported(folder, answers=[label])
    assert sorted(labels_by_file(place)) == ["0.jpg", "1.jpg"]
