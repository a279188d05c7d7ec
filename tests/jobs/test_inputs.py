from dataclasses import replace
from pathlib import Path, PurePosixPath

from tests.jobs.examples import A, B, images, inference, training, weights
from ymir.jobs.inputs import config, environment, index

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
    assert index(images(), ROOT, "ark:raw") == (
        f"/in/assets/aa/{A}.jpg\t/in/annotations/aa/{A}.txt\n"
        f"/in/assets/bb/{B}.png\t/in/annotations/bb/{B}.txt\n"
    )
    assert index(images(), ROOT, "voc:raw").splitlines()[0].endswith(f"/in/annotations/aa/{A}.xml")


def test_index_of_candidates_names_images_only() -> None:
    assert index(images(), ROOT) == f"/in/assets/aa/{A}.jpg\n/in/assets/bb/{B}.png\n"
    assert index(images().clear(), ROOT) == ""
