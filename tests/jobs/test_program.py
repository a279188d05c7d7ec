from pathlib import Path

import pytest
import yaml

from tests.jobs.examples import training
from ymir.errors import PluginError
from ymir.jobs.environment import bundled
from ymir.jobs.program import Program, Runner, image_of, program
from ymir.jobs.sources import sources
from ymir.spec.executor import ExecutorSpec


def spec(**changes: object) -> ExecutorSpec:
    fields = {"apiVersion": "ymir/v1", "kind": "Executor", "name": "e", **changes}
    return ExecutorSpec.model_validate(fields)


def digest(workspace: Path, **changes: object) -> str:
    return program(spec(**changes), workspace).digest


def test_files_of_the_workspace_are_named_in_full(tmp_path: Path) -> None:
    (tmp_path / "run.py").write_text("1")
    found = program(spec(command=["python3", "run.py", "--fast"]), tmp_path)
    assert found.command == ("python3", str(tmp_path / "run.py"), "--fast")


def test_new_code_is_a_new_executor(tmp_path: Path) -> None:
    (tmp_path / "run.py").write_text("1")
    before = digest(tmp_path, command=["python3", "run.py"])
    assert digest(tmp_path, command=["python3", "run.py"]) == before
    (tmp_path / "run.py").write_text("2")
    assert digest(tmp_path, command=["python3", "run.py"]) != before


def test_the_same_code_elsewhere_is_the_same_executor(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.py").write_text("1")
    command = ["python3", "run.py"]
    assert digest(tmp_path / "a", command=command) == digest(tmp_path / "b", command=command)


def test_arguments_and_environment_tell_executors_apart_and_resources_do_not(
    tmp_path: Path,
) -> None:
    before = digest(tmp_path, command=["train"])
    assert digest(tmp_path, command=["train", "--fast"]) != before
    assert digest(tmp_path, command=["train"], env={"A": "1"}) != before
    assert digest(tmp_path, command=["train"], resources={"timeout": "1h"}) == before


def test_words_that_lead_out_of_the_workspace_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "ws").mkdir()
    (tmp_path / "other.py").write_text("1")
    found = program(spec(command=["python3", "../other.py", "x" * 5000]), tmp_path / "ws")
    assert found.command[1] == "../other.py"


def test_an_image_is_known_by_its_reference(tmp_path: Path) -> None:
    found = program(spec(image="yolo:1"), tmp_path)
    assert found.command == ()
    assert found.digest != digest(tmp_path, image="yolo:2")


def test_a_bundled_executor_has_a_digest_without_being_set_up(tmp_path: Path) -> None:
    for name in bundled():
        found = program(spec(bundled=name), tmp_path)
        assert found.digest == digest(tmp_path / "elsewhere", bundled=name)
        assert found.words == ()


def test_an_unknown_executor_is_an_error_that_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(PluginError, match="no executor called `tinydot`") as caught:
        program(spec(bundled="tinydot"), tmp_path)
    assert caught.value.hint == "did you mean `tinydet`?"


def test_a_job_runs_as_the_spec_of_its_executor_says(tmp_path: Path) -> None:
    resources = {"gpus": 2, "memory": "4g", "shm": "1g", "timeout": "2m"}
    asked = spec(command=["a"], env={"A": "1"}, resources=resources)
    job = Runner(asked, tmp_path, in_containers=False).job(training(tmp_path), tmp_path / "j")
    assert (job.name, job.folder, job.command) == ("j", tmp_path / "j", ("a",))
    assert (job.env, job.resources, job.limit) == ({"A": "1"}, asked.resources, 120)
    assert (tmp_path / "j" / "in" / "env.yaml").exists()


def test_in_a_container_a_job_sees_the_roots_of_the_contract(tmp_path: Path) -> None:
    asked = spec(image="yolo:1", command=["run"], network=True)
    runner = Runner(asked, tmp_path, in_containers=True, templates={})
    job = runner.job(training(tmp_path), tmp_path / "j")
    assert (job.image, job.command, job.network, job.run_as_root) == (
        "yolo:1",
        ("run",),
        True,
        False,
    )
    assert "root_dir: /in\n" in (tmp_path / "j" / "in" / "env.yaml").read_text()


def test_a_bundled_executor_runs_in_the_image_of_its_code(tmp_path: Path) -> None:
    asked = spec(bundled="tinydet")
    job = Runner(asked, tmp_path, in_containers=True).job(training(tmp_path), tmp_path / "j")
    assert job.command == ()
    assert job.image == image_of("tinydet")


def test_a_bundled_executor_gets_the_defaults_of_its_template_and_what_the_spec_says_instead(
    tmp_path: Path,
) -> None:
    asked = training(tmp_path, parameters={"iterations": 5})
    Runner(spec(bundled="tinydet"), tmp_path, in_containers=True).job(asked, tmp_path / "j")
    config = yaml.safe_load((tmp_path / "j" / "in" / "config.yaml").read_text())
    assert (config["iterations"], config["batch_size"], config["gpu_count"]) == (5, 16, 0)


@pytest.mark.parametrize(
    ("asked", "size", "shm"),
    [
        ({}, "128G", "128g"),
        ({}, "64 MiB", "64m"),
        ({}, "2GB", "2g"),
        ({}, "", "16g"),
        ({}, "all of it", "16g"),
        ({}, "-1g", "16g"),
        ({}, 64, "16g"),
        ({"shm": "1g"}, "128G", "1g"),
    ],
)
def test_shared_memory_is_as_the_spec_says_or_else_as_the_template(
    asked: dict[str, str], size: object, shm: str, tmp_path: Path
) -> None:
    executor = spec(image="yolo:1", resources=asked)
    runner = Runner(executor, tmp_path, True, templates={"training": {"shm_size": size}})
    job = runner.job(training(tmp_path), tmp_path / "j")
    assert job.resources.shm == shm


def test_a_command_without_files_is_run_as_it_stands() -> None:
    assert Program("d", words=("train", "now")).command == ("train", "now")


def test_the_code_that_bundled_executors_share_is_part_of_each() -> None:
    for name in bundled():
        files = sources(name)
        assert f"{name}/main.py" in files
        assert "kit/ymir_kit/contract.py" in files
        assert not [file for file in files if "/." in file or "__pycache__" in file]
