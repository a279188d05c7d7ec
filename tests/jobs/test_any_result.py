"""Whatever an executor leaves behind is read or refused in one line; nothing else happens."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tests.jobs.examples import CLASSES, A, B, images
from ymir.data.table import check
from ymir.errors import ResultError
from ymir.jobs.predictions import read_predictions
from ymir.jobs.ranking import read_mining
from ymir.jobs.training_result import read_training

scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=9),
    st.sampled_from(["cat", "dog", A, f"{B}.png", "1", "nan", "-inf", "a/b", "..", "epoch1"]),
)  # fmt: skip


def having(keys: list[str], inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Mappings with keys of the contract, whose values are sometimes as they should be."""
    return st.dictionaries(st.sampled_from(keys), inner, max_size=len(keys))


def nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    mappings = st.dictionaries(st.text(max_size=3), inner, max_size=3)
    return st.one_of(st.lists(inner, max_size=4), mappings)


values = st.recursive(scalars, nested)
box = having(["x", "y", "w", "h", "rotate_angle", "q"], scalars)
boxes = st.lists(
    having(["class_name", "score", "confidence", "box"], st.one_of(box, scalars)), max_size=3
)
answers = having(
    [A, f"{B}.png", f"/in/{A}.jpg", "x"], st.one_of(having(["boxes", "annotations"], boxes), values)
)
annotation = having(
    ["image_id", "category_id", "bbox", "segmentation", "area", "confidence", "score"],
    st.one_of(scalars, st.integers(0, 2), st.lists(st.floats(), max_size=8), values),
)
coco = st.fixed_dictionaries(
    {
        "images": st.lists(having(["id", "file_name"], scalars), max_size=3),
        "categories": st.lists(having(["id", "name"], scalars), max_size=3),
        "annotations": st.lists(annotation, max_size=4),
    }
)
stages = having(
    ["epoch1", "..", "a"],
    st.one_of(values, having(["files", "timestamp", "mAP", "stage_name"], values)),
)
results = st.one_of(
    values,
    having(["model", "map", "mAP", "timestamp", "attachments"], values),
    st.fixed_dictionaries({"model_stages": stages, "best_stage_name": scalars}),
)


def read_or_refused(read: Callable[[], object]) -> None:
    said = ""
    try:
        read()
    except ResultError as error:
        said = str(error)
    assert "\n" not in said
    assert len(said) <= 400


@given(result=st.one_of(st.fixed_dictionaries({"detection": answers}), coco, values))
def test_any_findings(tmp_path_factory: pytest.TempPathFactory, result: object) -> None:
    out = tmp_path_factory.mktemp("out")
    (out / "infer-result.json").write_text(json.dumps(result))

    def read() -> None:
        found = read_predictions(out, images(), CLASSES)
        check(found.images)
        objects = found.images["objects"].explode().drop_nulls().struct.unnest()
        assert objects["score"].is_between(0, 1).all()
        assert objects["label"].is_in(CLASSES).all()
        assert ((objects["w"] >= 0) & (objects["x"] >= 0) & (objects["y"] >= 0)).all()

    read_or_refused(read)


@given(text=st.text())
def test_any_ranking(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    out = tmp_path_factory.mktemp("out")
    (out / "result.tsv").write_bytes(text.encode(errors="replace"))
    read_or_refused(lambda: read_mining(out, images()))


@given(result=results)
def test_any_training(tmp_path_factory: pytest.TempPathFactory, result: object) -> None:
    out = tmp_path_factory.mktemp("out")
    (out / "models").mkdir()
    (out / "models/result.yaml").write_text(yaml.safe_dump(result, allow_unicode=True))
    (out / "models/cat").touch()
    read_or_refused(lambda: read_training(out))


@pytest.mark.parametrize(
    "key", ["attachments", "map", "model", "model_stages", "best_stage_name", "timestamp"]
)
def test_a_giant_made_of_aliases_is_no_harm(tmp_path: Path, key: str) -> None:
    lines = ["a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    whole = {"model": "[cat]", "map": "0.5", "model_stages": "{a: {files: [cat]}}"}
    said = {
        name: text
        for name, text in whole.items()
        if key != "best_stage_name" or name[:5] != "model"
    }
    lines += [f"{name}: {text}" for name, text in {**said, key: "*a11"}.items()]
    (tmp_path / "models").mkdir()
    (tmp_path / "models/cat").touch()
    (tmp_path / "models/result.yaml").write_text("\n".join(lines))
    read_or_refused(lambda: read_training(tmp_path))
