from pathlib import Path
from textwrap import dedent

import pytest

from ymir.errors import ResultError
from ymir.jobs.training_result import read_training

NEW = """\
best_stage_name: second
mAP: 0.8
model_stages:
  first: {stage_name: first, files: [first.pt], timestamp: 1, mAP: 0.6}
  second: {stage_name: second, files: [second.pt, config.py], timestamp: 2.5, mAP: 0.8, extra: x}
attachments: {curves: [loss.png]}
evaluate_config: {iou_thr: 0.5}
"""
FILES = ("first.pt", "second/second.pt", "config.py", "attachments/curves/loss.png")


def left(out: Path, text: str, files: tuple[str, ...] = FILES) -> Path:
    for name in files:
        (out / "models" / name).parent.mkdir(parents=True, exist_ok=True)
        (out / "models" / name).write_text(name)
    (out / "models").mkdir(parents=True, exist_ok=True)
    (out / "models/result.yaml").write_text(dedent(text))
    return out


def test_the_new_form_has_stages(tmp_path: Path) -> None:
    model = read_training(left(tmp_path, NEW))
    assert list(model.stages) == ["second", "first"]
    assert model.stage.name == "second"
    assert model.stage.own_map == 0.8
    assert model.stage.timestamp == 2


def test_files_lie_in_the_stages_folder_or_beside_it(tmp_path: Path) -> None:
    model = read_training(left(tmp_path, NEW))
    models = tmp_path / "models"
    assert model.stage.files == {
        "second.pt": models / "second/second.pt",
        "config.py": models / "config.py",
    }
    assert model.attachments == {"curves/loss.png": models / "attachments/curves/loss.png"}


@pytest.mark.parametrize("figure", ["map: 0.7", "map: '0.7'", "mAP: 0.7"])
def test_the_old_form_is_one_stage(tmp_path: Path, figure: str) -> None:
    text = f"model: [first.pt]\n{figure}\nclass_aps: {{cat: 0.7}}\n"
    model = read_training(left(tmp_path, text))
    assert model.stage.name == "default_best_stage"
    assert list(model.stage.files) == ["first.pt"]
    assert model.stage.own_map == 0.7
    assert model.stage.timestamp == 0


def one(**changes: str) -> str:
    said = {"stage_name": "a", "files": "[first.pt]", "timestamp": "1", "mAP": "0.5", **changes}
    stage = ", ".join(f"{key}: {value}" for key, value in said.items())
    return f"best_stage_name: a\nmodel_stages:\n  a: {{{stage}}}\n"


def old(**changes: str) -> str:
    said = {"model": "[first.pt]", "map": "0.5", **changes}
    return "\n".join(f"{key}: {value}" for key, value in said.items() if value)


@pytest.mark.parametrize(
    ("text", "own_map", "bent"),
    [
        (one(), 0.5, {}),
        (old(), 0.5, {}),
        (old(map="'0.5'", class_aps="{cat: 0.1}", timestamp="3"), 0.5, {}),
        (old(map=""), None, {"map-missing": 1}),
        (old(map="50.5"), None, {"figure-unusable": 1}),
        (old(model="first.pt"), 0.5, {"files-not-a-list": 1}),
        (one(files="first.pt"), 0.5, {"files-not-a-list": 1}),
        (one(timestamp="1.5e9", TP="3", tp="5.9", extra="[x]"), 0.5, {}),
        (one(timestamp=""), 0.5, {"timestamp-missing": 1}),
        (one(timestamp="soon"), 0.5, {"timestamp-unusable": 1}),
        (one(timestamp=".inf"), 0.5, {"timestamp-unusable": 1}),
        (one(timestamp="1795332818000"), 0.5, {"timestamp-unusable": 1}),
        (one(timestamp="-1"), 0.5, {"timestamp-unusable": 1}),
        (one(stage_name=""), 0.5, {}),
        (one().replace("stage_name: a, ", ""), 0.5, {"stage-name-missing": 1}),
        (one(mAP="1.2"), None, {"figure-unusable": 1}),
        (one(mAP="-0.1", maskAP="0.5"), 0.5, {"figure-unusable": 1}),
        (one(mAP=".nan"), None, {"figure-unusable": 1}),
        (one(mAP="high"), None, {"figure-unusable": 1}),
        (one() + "evaluate_config: as usual", 0.5, {}),
        (one() + "attachments: [3]", 0.5, {"attachment-unusable": 1}),
        (one() + "attachments: {curves: [loss.png, gone.png]}", 0.5, {"attachment-unusable": 1}),
        (one() + "attachments: {'..': [x]}", 0.5, {"attachment-unusable": 1}),
        (one().replace("name: a\n", "name: z\n"), 0.5, {"best-stage-unknown": 1}),
        (one().replace("best_stage_name: a\n", ""), 0.5, {"best-stage-unknown": 1}),
        (
            one() + "  b: {stage_name: b, files: [gone.pt], timestamp: 1}",
            0.5,
            {"stage-unusable": 1},
        ),
        (one() + "  '..': {stage_name: b, files: [x], timestamp: 1}", 0.5, {"stage-unusable": 1}),
    ],
)
def test_what_can_be_understood_is_read_and_remarked_on(
    tmp_path: Path, text: str, own_map: float | None, bent: dict[str, int]
) -> None:
    model = read_training(left(tmp_path, text))
    assert model.stage.own_map == own_map
    assert list(model.stage.files) == ["first.pt"]
    assert {each.rule: each.count for each in model.remarks} == bent


def test_without_a_recommendation_the_best_and_newest_stage_is_taken(tmp_path: Path) -> None:
    stage = "{{stage_name: {0}, files: [first.pt], timestamp: {1}, mAP: {2}}}"
    stages = [("a", 9, 0.2), ("b", 1, 0.7), ("c", 2, 0.7), ("d", 3, 0.1)]
    text = "".join(f"  {each[0]}: {stage.format(*each)}\n" for each in stages)
    assert read_training(left(tmp_path, f"model_stages:\n{text}")).best == "c"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is empty: writing it broke off; write plain numbers"),
        ("\n", "is empty"),
        ("[1, 2]", "must be a mapping, and is a list"),
        ("a: [", "is not YAML"),
        ("a: !!python/object/apply:os.system [ls]", "is not YAML, but holds objects of Python"),
        ("a: !!binary x", "is not YAML"),
        ("best_stage_name: a", "lists no model"),
        ("best_stage_name: a\nmodel_stages: {a: 3}", "stage `a` must be a mapping"),
        ("model_stages: {a: {files: [gone.pt]}}", "`gone.pt` is missing"),
        (old(model="[gone.pt]"), "`gone.pt` is missing"),
        (old(model="[]"), "lists no files"),
        (one(files="[]"), "stage `a` lists no files"),
        (one(files="[gone.pt]"), "`gone.pt` is missing"),
        (one(files="[../result.yaml]"), "is not a file below `out/`"),
        (one(files="[/etc/passwd]"), "`/etc/passwd` is not a file below `out/`"),
        (one(files="['']"), "`` is not a file below `out/`"),
        (one(files="[second]"), "`second` is not a file"),
        (one().replace("a: {", "a/b: {"), "`a/b` cannot be the name of a stage"),
    ],
)
def test_a_broken_result_is_one_clear_line(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(ResultError) as caught:
        read_training(left(tmp_path, text))
    assert why in str(caught.value)
    assert "\n" not in str(caught.value)


def test_no_result_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ResultError, match=r"`models/result.yaml` is missing"):
        read_training(tmp_path)


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    out = left(tmp_path / "out", one(files="[link.pt]"))
    (out / "models/link.pt").symlink_to(tmp_path / "secret")
    with pytest.raises(ResultError, match=r"`link.pt` points outside of `out/`"):
        read_training(out)


def test_a_huge_result_is_refused_unread(tmp_path: Path) -> None:
    out = left(tmp_path, NEW)
    with (out / "models/result.yaml").open("wb") as file:
        file.truncate(10 * 1024**3)
    with pytest.raises(ResultError, match="bytes are too many"):
        read_training(out)
