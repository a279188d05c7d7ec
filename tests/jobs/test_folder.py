import json
import tempfile
from pathlib import Path, PurePosixPath

import pytest
import yaml

from tests.jobs.examples import A, B, inference, training, weights
from ymir.errors import DataError, StoreError
from ymir.jobs.folder import blank_free, lay_out


def files(folder: Path) -> set[str]:
    return {str(each.relative_to(folder)) for each in folder.rglob("*") if not each.is_dir()}


def test_training_has_the_files_of_the_contract(tmp_path: Path) -> None:
    job = tmp_path / "job"
    lay_out(training(tmp_path, start_from=weights(tmp_path / "w")), job)
    assert files(job) == {
        "in/env.yaml",
        "in/config.yaml",
        "in/train-index.tsv",
        "in/val-index.tsv",
        "in/test-index.tsv",
        f"in/assets/aa/{A}.jpg",
        f"in/assets/bb/{B}.png",
        f"in/annotations/aa/{A}.txt",
        f"in/annotations/bb/{B}.txt",
        "in/models/best/model.pt",
        "in/models/best/model.yaml",
        "in/models/ymir-info.yaml",
    }
    assert (job / "in/test-index.tsv").read_text() == ""
    assert (job / f"in/annotations/aa/{A}.txt").read_text().startswith("0, 10, 15, 59, 54")


def test_inference_shows_no_annotations(tmp_path: Path) -> None:
    lay_out(inference(tmp_path), tmp_path / "job")
    assert files(tmp_path / "job/in/annotations") == set()
    assert (tmp_path / "job/in/candidate-index.tsv").read_text().count("\n") == 2


def test_every_path_is_absolute_and_leads_to_its_file(tmp_path: Path) -> None:
    job = tmp_path / "job"
    lay_out(training(tmp_path, start_from=weights(tmp_path / "w")), job)
    said = yaml.safe_load((job / "in/env.yaml").read_text())
    config = yaml.safe_load(Path(said["input"]["config_file"]).read_text())
    index = Path(said["input"]["training_index_file"]).read_text().split()
    for path in (*index, *config["pretrained_model_params"]):
        assert Path(path).is_absolute()
        assert Path(path).is_file()
    assert said["output"]["root_dir"] == str(job / "out")


def test_images_are_hard_links(tmp_path: Path) -> None:
    request = training(tmp_path)
    lay_out(request, tmp_path / "job")
    assert (tmp_path / f"job/in/assets/aa/{A}.jpg").samefile(request.media[A])


def test_voc_is_written_when_the_parameters_ask_for_it(tmp_path: Path) -> None:
    lay_out(training(tmp_path, parameters={"export_format": "voc:raw"}), tmp_path / "job")
    assert (tmp_path / f"job/in/annotations/aa/{A}.xml").read_text().startswith("<annotation>")


def test_coco_is_one_file_that_every_line_names(tmp_path: Path) -> None:
    lay_out(training(tmp_path, parameters={"export_format": "coco:raw"}), tmp_path / "job")
    inputs = tmp_path / "job/in"
    assert files(inputs / "annotations") == {"coco-annotations.json"}
    document = json.loads((inputs / "annotations/coco-annotations.json").read_text())
    assert [each["file_name"] for each in document["images"]] == [f"{A}.jpg", f"{B}.png"]
    for name, count in (("train", 2), ("val", 1)):
        lines = (inputs / f"{name}-index.tsv").read_text().splitlines()
        named = {line.split("\t")[1] for line in lines}
        assert (len(lines), named) == (count, {str(inputs / "annotations/coco-annotations.json")})


def test_without_annotations_the_second_column_is_empty(tmp_path: Path) -> None:
    lay_out(training(tmp_path, parameters={"export_format": "none:raw"}), tmp_path / "job")
    inputs = tmp_path / "job/in"
    assert files(inputs / "annotations") == set()
    assert (inputs / "train-index.tsv").read_text().splitlines() == [
        f"{inputs}/assets/aa/{A}.jpg\t",
        f"{inputs}/assets/bb/{B}.png\t",
    ]


def test_what_ymir_does_not_write_is_named_before_anything_starts(tmp_path: Path) -> None:
    for wanted in ("ls_json:raw", "ark:lmdb", "ark"):
        with pytest.raises(DataError, match=f"annotations as `{wanted}`") as caught:
            lay_out(training(tmp_path, defaults={"export_format": wanted}), tmp_path / "job")
        assert "`export_format` under `with`" in str(caught.value.hint)


def test_an_executor_of_ymir_1_1_gets_short_lines_and_flat_models(tmp_path: Path) -> None:
    job = tmp_path / "job"
    request = training(tmp_path, start_from=weights(tmp_path / "w"), protocol="absent")
    lay_out(request, job)
    assert files(job / "in/models") == {"model.pt", "model.yaml", "ymir-info.yaml"}
    assert (job / f"in/annotations/aa/{A}.txt").read_text().startswith("0, 10, 15, 59, 54\n")
    said = yaml.safe_load((job / "in/env.yaml").read_text())
    assert "protocol_version" not in said
    config = yaml.safe_load((job / "in/config.yaml").read_text())
    assert all(Path(path).is_file() for path in config["pretrained_model_params"])
    known = yaml.safe_load((job / "in/models/ymir-info.yaml").read_text())
    assert known["models"] == ["model.pt", "model.yaml"]


def test_a_container_sees_the_contracts_own_paths(tmp_path: Path) -> None:
    lay_out(inference(tmp_path), tmp_path / "job", root=PurePosixPath("/"))
    said = yaml.safe_load((tmp_path / "job/in/env.yaml").read_text())
    assert said["input"]["config_file"] == "/in/config.yaml"
    assert (tmp_path / "job/in/candidate-index.tsv").read_text().startswith("/in/assets/aa/")


def test_laying_out_again_touches_nothing(tmp_path: Path) -> None:
    lay_out(training(tmp_path), tmp_path / "job")
    before = (tmp_path / "job/in").stat().st_ino
    lay_out(training(tmp_path), tmp_path / "job")
    assert (tmp_path / "job/in").stat().st_ino == before


def test_a_half_written_folder_is_written_anew(tmp_path: Path) -> None:
    (tmp_path / "job/in.partial/assets").mkdir(parents=True)
    (tmp_path / "job/in.partial/env.yaml").write_text("half")
    lay_out(training(tmp_path), tmp_path / "job")
    assert not (tmp_path / "job/in.partial").exists()
    assert yaml.safe_load((tmp_path / "job/in/env.yaml").read_text())["task_id"] == "t1"


def test_a_workspace_that_moved_gets_new_paths(tmp_path: Path) -> None:
    lay_out(training(tmp_path), tmp_path / "old")
    (tmp_path / "old").rename(tmp_path / "new")
    lay_out(training(tmp_path), tmp_path / "new")
    assert str(tmp_path / "new") in (tmp_path / "new/in/train-index.tsv").read_text()


def test_blanks_in_the_path_are_hidden_behind_a_link(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    job = tmp_path / "my work" / "job"
    lay_out(training(tmp_path), job)
    line = (job / "in/train-index.tsv").read_text().splitlines()[0]
    assert len(line.split()) == 2
    assert all(Path(path).is_file() for path in line.split())
    assert blank_free(job) == blank_free(job)


def test_blanks_everywhere_are_an_error_that_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "a b"))
    with pytest.raises(StoreError, match="blanks in its path") as caught:
        blank_free(tmp_path / "my work")
    assert "TMPDIR" in str(caught.value.hint)


def test_an_image_without_bytes_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=f"image {A} are not at hand"):
        lay_out(training(tmp_path, media={}), tmp_path / "job")
    assert not (tmp_path / "job/in").exists()
