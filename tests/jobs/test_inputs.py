from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from tests.jobs.examples import A, B, images, inference, training, weights
from ymir.jobs.inputs import config, environment, form_of, index

ROOT = PurePosixPath("/")


def test_environment_of_a_training_is_that_of_the_contract(tmp_path: Path) -> None:
    assert environment(training(tmp_path), ROOT) == {
        "protocol_version": "1.1.0",
        "task_id": "t1",
        "run_training": True,
        "run_mining": False,
        "run_infer": False,
        "manifest_file": "/img-man/manifest.yaml",
        "input": {
            "root_dir": "/in",
            "assets_dir": "/in/assets",
            "annotations_dir": "/in/annotations",
            "models_dir": "/in/models",
            "config_file": "/in/config.yaml",
            "training_index_file": "/in/train-index.tsv",
            "val_index_file": "/in/val-index.tsv",
            "candidate_index_file": "",
        },
        "output": {
            "root_dir": "/out",
            "models_dir": "/out/models",
            "tensorboard_dir": "/out/tensorboard",
            "training_result_file": "/out/models/result.yaml",
            "mining_result_file": "/out/result.tsv",
            "infer_result_file": "/out/infer-result.json",
            "monitor_file": "/out/monitor.txt",
            "executor_log_file": "/out/ymir-executor-out.log",
        },
    }


def test_environment_turns_on_exactly_one_task(tmp_path: Path) -> None:
    infer = inference(tmp_path)
    mine = replace(infer, task="t3", is_finding=False, is_ranking=True)
    for request, wanted in ((infer, "run_infer"), (mine, "run_mining")):
        said = environment(request, ROOT)
        assert [key for key, value in said.items() if value is True] == [wanted]
        into = said["input"]
        assert isinstance(into, dict)
        assert into["candidate_index_file"] == "/in/candidate-index.tsv"
        assert into["training_index_file"] == into["val_index_file"] == ""


def test_config_holds_the_parameters_and_what_ymir_decides(tmp_path: Path) -> None:
    request = training(tmp_path, parameters={"epochs": 3, "class_names": ["x"]}, gpus=2)
    assert config(request, ROOT) == {
        "export_format": "ark:raw",
        "epochs": 3,
        "class_names": ["cat", "dog"],
        "gpu_count": 2,
        "gpu_id": "0,1",
        "object_type": 2,
        "task_id": "t1",
    }


def test_config_lists_the_files_of_the_model(tmp_path: Path) -> None:
    files = ["/in/models/best/model.pt", "/in/models/best/model.yaml"]
    assert config(inference(tmp_path), ROOT)["model_params_path"] == files
    assert config(inference(tmp_path), ROOT)["gpu_id"] == ""
    request = training(tmp_path, start_from=weights(tmp_path / "w"))
    assert config(request, ROOT)["pretrained_model_params"] == files


def test_index_lists_each_image_with_its_annotation() -> None:
    assert index(images(), ROOT, "ark") == (
        f"/in/assets/aa/{A}.jpg\t/in/annotations/aa/{A}.txt\n"
        f"/in/assets/bb/{B}.png\t/in/annotations/bb/{B}.txt\n"
    )
    assert index(images(), ROOT, "voc").splitlines()[0].endswith(f"/in/annotations/aa/{A}.xml")


def test_index_of_candidates_names_images_only() -> None:
    assert index(images(), ROOT) == f"/in/assets/aa/{A}.jpg\n/in/assets/bb/{B}.png\n"
    assert index(images().clear(), ROOT) == ""


def test_each_protocol_has_its_own_word_for_itself_and_place_for_models(tmp_path: Path) -> None:
    said = {}
    for protocol in ("1.1.0", "1.0.0", "absent"):
        request = training(tmp_path, start_from=weights(tmp_path / "w"), protocol=protocol)
        paths = config(request, ROOT)["pretrained_model_params"]
        assert isinstance(paths, list)
        known = environment(request, ROOT)
        said[protocol] = (known.get("protocol_version"), "manifest_file" in known, paths[0])
    assert said == {
        "1.1.0": ("1.1.0", True, "/in/models/best/model.pt"),
        "1.0.0": ("1.0.0", False, "/in/models/model.pt"),
        "absent": (None, False, "/in/models/model.pt"),
    }


def test_the_users_parameters_win_over_the_templates(tmp_path: Path) -> None:
    request = training(
        tmp_path,
        defaults={"epochs": 10, "batch": 4, "export_format": "voc:raw", "gpu_count": 8},
        parameters={"epochs": 3},
    )
    said = config(request, ROOT)
    assert (said["epochs"], said["batch"], said["export_format"]) == (3, 4, "voc:raw")
    assert said["gpu_count"] == 0
    assert form_of(request) == "voc"


@pytest.mark.parametrize(
    ("wanted", "form"),
    [
        ("", "ark"),
        ("det-ark:raw", "ark"),
        ("det-voc:raw", "voc"),
        ("seg-coco:raw", "coco"),
        ("none:raw", "none"),
    ],
)
def test_export_formats_have_old_names_too(tmp_path: Path, wanted: str, form: str) -> None:
    assert form_of(training(tmp_path, parameters={"export_format": wanted})) == form


def test_executors_of_2021_find_their_tasks_in_the_config(tmp_path: Path) -> None:
    both = replace(inference(tmp_path), is_ranking=True)
    assert config(both, ROOT)["run_mining"] is config(both, ROOT)["run_infer"] is True
    said = environment(both, ROOT)
    assert (said["run_training"], said["run_mining"], said["run_infer"]) == (False, True, True)
    assert "run_infer" not in config(training(tmp_path), ROOT)
