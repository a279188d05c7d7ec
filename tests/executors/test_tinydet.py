"""TinyDet as a platform meets it."""

import signal
from pathlib import Path

import pytest

from tests.executors.runs import (
    NAMES,
    Executor,
    Run,
    draw,
    prepare,
    wait_for_progress,
    with_model,
    write_labelled,
    write_png,
    write_pool,
)

TINYDET = Executor("tinydet")
pytestmark = TINYDET.needed
SMALL = {"image_size": 64, "crop": 64, "batch_size": 8, "iterations": 150, "learning_rate": 0.01}
WEIGHTS = "models/best/tinydet.safetensors"
run, assert_fails = TINYDET.run, TINYDET.assert_fails


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("tinydet-data")
    return {
        "training": write_labelled(folder, "train", range(32)),
        "val": write_labelled(folder, "val", range(100, 116)),
    }


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory, data: dict[str, Path]) -> Run:
    """A finished training, which most tests look at or start from."""
    return run(tmp_path_factory.mktemp("trained"), ["training"], SMALL, **data)


@pytest.fixture(scope="session")
def candidates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of images of several sizes, without annotations."""
    folder = tmp_path_factory.mktemp("tinydet-pool")
    return write_pool(folder, [(64, 64)] * 8 + [(128, 64), (40, 80)])


def test_training_publishes_a_stage_that_has_learnt(trained: Run) -> None:
    assert trained.code == 0, trained.log
    stage = trained.result["model_stages"]["best"]
    assert trained.result["best_stage_name"] == stage["stage_name"] == "best"
    assert trained.result["mAP"] == stage["mAP"] > 0.5
    assert all((trained.out / "models" / "best" / file).stat().st_size for file in stage["files"])
    assert set(stage["files"]) == {"tinydet.safetensors", "model.yaml", "tinydet.onnx"}
    onnx = (trained.out / "models" / "best" / "tinydet.onnx").read_bytes()
    assert b"export.py" not in onnx, "a model names no file of the machine that made it"
    assert trained.monitor[0] == "t1"
    assert [float(trained.monitor[2]), trained.monitor[3]] == [1.0, "2"]
    assert not (trained.out / "checkpoint").exists()


def test_training_stopped_and_continued_gives_the_bytes_of_an_uncut_one(
    trained: Run, data: dict[str, Path], tmp_path: Path
) -> None:
    environment, out = prepare(tmp_path / "cut", ["training"], SMALL, **data)
    process = TINYDET.start(environment)
    wait_for_progress(out / "monitor.txt", process, 0.06)
    process.send_signal(signal.SIGTERM)
    _, log = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGTERM, log
    assert not (out / "models").exists()
    config = {**SMALL, "resume_from": str(out / "checkpoint"), "export_onnx": False}
    resumed = run(tmp_path / "continued", ["training"], config, **data)
    assert resumed.code == 0, resumed.log
    assert "continuing at iteration" in resumed.log
    assert (resumed.out / WEIGHTS).read_bytes() == (trained.out / WEIGHTS).read_bytes()


def test_same_seed_gives_the_same_bytes_whatever_checkpoint_lies_around(
    data: dict[str, Path], tmp_path: Path
) -> None:
    (tmp_path / "training.pt").write_bytes(b"no checkpoint")
    config = {**SMALL, "iterations": 6, "export_onnx": False}
    one = run(tmp_path / "one", ["training"], config, **data)
    config["resume_from"] = str(tmp_path)
    two = run(tmp_path / "two", ["training"], config, **data)
    assert "no readable checkpoint" in two.log
    assert (one.out / WEIGHTS).read_bytes() == (two.out / WEIGHTS).read_bytes()


def test_training_starts_from_an_earlier_model_and_learns_new_classes(
    trained: Run, data: dict[str, Path], tmp_path: Path
) -> None:
    files = with_model(trained)["model_params_path"]
    short = {**SMALL, "iterations": 2, "learning_rate": 1e-6, "export_onnx": False}
    config = {**short, "pretrained_model_params": files, "class_names": [*NAMES, "vest"]}
    warm = run(tmp_path, ["training"], config, **data)
    assert warm.code == 0, warm.log
    assert "new classes: vest" in warm.log
    assert warm.result["mAP"] > 0.5


def test_old_platform_gets_the_old_result_form(tmp_path: Path) -> None:
    data = {
        "training": write_labelled(tmp_path / "data", "train", range(4), as_voc=True),
        "val": write_labelled(tmp_path / "data", "val", range(4, 6), as_voc=True),
    }
    config = {**SMALL, "iterations": 2, "batch_size": 2, "export_onnx": "false"}
    old = run(tmp_path, ["training"], {**config, "export_format": ""}, protocol="", **data)
    assert old.code == 0, old.log
    assert set(old.result["model"]) == {"tinydet.safetensors", "model.yaml"}
    assert 0 <= old.result["map"] <= 1
    assert all((old.out / "models" / file).exists() for file in old.result["model"])


def test_inference_names_every_image_and_stays_inside(
    trained: Run, candidates: Path, tmp_path: Path
) -> None:
    done = run(tmp_path, ["infer"], with_model(trained), candidate=candidates)
    assert done.code == 0, done.log
    assert set(done.found) == {Path(path).name for path in candidates.read_text().splitlines()}
    for image, (width, height) in {"pool8.png": (128, 64), "pool9.png": (40, 80)}.items():
        for found in done.found[image]["boxes"]:
            box = found["box"]
            assert all(isinstance(side, int) for side in box.values())
            assert 0 <= box["x"] < box["x"] + box["w"] <= width
            assert 0 <= box["y"] < box["y"] + box["h"] <= height
    scores = [found["score"] for found in done.found["pool0.png"]["boxes"]]
    assert scores == sorted(scores, reverse=True)
    (label, left, top, *_), best = draw(200).objects[0], done.found["pool0.png"]["boxes"][0]
    assert best["class_name"] == NAMES[label]
    assert max(abs(best["box"]["x"] - left), abs(best["box"]["y"] - top)) <= 3


def test_mining_and_inference_share_one_run(trained: Run, candidates: Path, tmp_path: Path) -> None:
    config = with_model(trained, mining_algorithm="entropy", flip_test=True)
    both = run(tmp_path, ["mining", "infer"], config, candidate=candidates)
    assert both.code == 0, both.log
    assert len(both.found) == len(candidates.read_text().splitlines())
    assert {path for path, _ in both.ranking} == set(candidates.read_text().splitlines())
    scores = [score for _, score in both.ranking]
    assert scores == sorted(scores, reverse=True)
    assert all(score >= 0 for score in scores)
    assert len(set(scores)) > 1


def test_mining_by_chance_needs_no_model(candidates: Path, tmp_path: Path) -> None:
    config = {"mining_algorithm": "random", "seed": 3}
    done = run(tmp_path, ["mining"], config, candidate=candidates)
    assert done.code == 0, done.log
    assert {path for path, _ in done.ranking} == set(candidates.read_text().splitlines())
    assert not (done.out / "infer-result.json").exists()


def test_corrupt_image_is_named(trained: Run, tmp_path: Path) -> None:
    image = tmp_path / "broken.png"
    write_png(image, draw(1).pixels)
    image.write_bytes(image.read_bytes()[:200])
    index = tmp_path / "candidate-index.tsv"
    index.write_text(f"{image}\n")
    failed = run(tmp_path / "run", ["infer"], with_model(trained), candidate=index)
    assert_fails(failed, 300003, "broken.png")
    assert not (failed.out / "infer-result.json").exists()


def test_unknown_class_index_is_named_with_its_line(tmp_path: Path) -> None:
    index = write_labelled(tmp_path, "train", range(4))
    (tmp_path / "train2.txt").write_text("0, 1, 1, 20, 20, -1.0, 0.0\n7, 1, 1, 20, 20, -1.0, 0.0\n")
    failed = run(tmp_path / "run", ["training"], SMALL, training=index, val=index)
    assert_fails(failed, 300002, "train2.txt:2: class index 7")


def test_missing_model_is_an_error(candidates: Path, tmp_path: Path) -> None:
    config = {"model_params_path": ["/nowhere/tinydet.safetensors"]}
    failed = run(tmp_path, ["infer"], config, candidate=candidates)
    assert_fails(failed, 300004, "/nowhere/tinydet.safetensors")


def test_wrong_parameter_is_an_error(data: dict[str, Path], tmp_path: Path) -> None:
    failed = run(tmp_path, ["training"], {**SMALL, "image_size": 100}, **data)
    assert_fails(failed, 300001, "`image_size` must be a multiple of 16")


def test_the_onnx_file_finds_what_the_weights_find(
    trained: Run, candidates: Path, tmp_path: Path
) -> None:
    exact = with_model(trained, mixed_precision="never", batch_size=3)
    native = run(tmp_path / "native", ["infer"], exact, candidate=candidates)
    config = {**exact, "runtime": "onnx"}
    onnx = run(tmp_path / "onnx", ["mining", "infer"], config, candidate=candidates)
    assert onnx.code == 0, onnx.log
    assert onnx.found.keys() == native.found.keys()
    for image, wanted in native.found.items():
        for one, other in zip(onnx.found[image]["boxes"], wanted["boxes"], strict=True):
            assert one["class_name"] == other["class_name"]
            assert abs(one["score"] - other["score"]) < 1e-3
            assert all(abs(one["box"][side] - other["box"][side]) <= 1 for side in "xywh")


def test_the_onnx_runtime_asks_for_the_files_it_needs(
    trained: Run, candidates: Path, tmp_path: Path
) -> None:
    best = trained.out / "models" / "best"
    for names, lack in ((["model.yaml"], "`*.onnx`"), (["tinydet.onnx"], "`model.yaml`")):
        config = {"runtime": "onnx", "model_params_path": [str(best / name) for name in names]}
        failed = run(tmp_path / names[0], ["infer"], config, candidate=candidates)
        assert_fails(failed, 300004, lack)


def test_a_damaged_onnx_file_is_an_error(trained: Run, candidates: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "tinydet.onnx"
    damaged.write_bytes(b"no model")
    card = trained.out / "models" / "best" / "model.yaml"
    config = {"runtime": "onnx", "model_params_path": [str(damaged), str(card)]}
    failed = run(tmp_path / "run", ["infer"], config, candidate=candidates)
    assert_fails(failed, 300004, "is no ONNX model")
