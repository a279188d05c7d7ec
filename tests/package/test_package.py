"""A package is the same bytes for the same round, can be read back, and is never trusted."""

import hashlib
import json
import subprocess
import tarfile

import pytest
import yaml

from tests.package import packed
from ymir.errors import DataError
from ymir.package.contents import SUMS
from ymir.package.read import read_package, unpack_stage
from ymir.package.write import write_package


@pytest.fixture(scope="module")
def contents(tmp_path_factory):
    return packed.contents(tmp_path_factory.mktemp("round"))


@pytest.fixture
def package(contents, tmp_path):
    path = tmp_path / "helmet-r3.tar.gz"
    write_package(path, contents)
    return path


def test_a_package_reads_back_as_it_was_written(package, contents, tmp_path):
    read = read_package(package)
    assert read.class_names == packed.LABELS
    assert read.executor == "tinydet"
    assert read.config["epochs"] == 30
    assert read.best_stage == "best"
    said = json.loads(contents.metrics.read_bytes())["testing"]["map"]["value"]
    assert read.best.map == said
    assert read.threshold == json.loads(contents.metrics.read_bytes())["testing"]["threshold"]
    files = unpack_stage(read, tmp_path / "unpacked")
    assert sorted(files) == ["best.onnx", "best.pt", "extra/anchors.txt"]
    for name, file in files.items():
        assert file.read_bytes() == (contents.model / name).read_bytes()


def test_equal_rounds_make_equal_bytes(contents, tmp_path):
    facts = [write_package(tmp_path / name, contents) for name in ("a.tar.gz", "b.tar.gz")]
    assert facts[0]["sha256"] == facts[1]["sha256"]
    assert (tmp_path / "a.tar.gz").read_bytes() == (tmp_path / "b.tar.gz").read_bytes()


def test_the_facts_are_those_of_the_file(contents, tmp_path):
    path = tmp_path / "p.tar.gz"
    facts = write_package(path, contents)
    data = path.read_bytes()
    assert facts["bytes"] == len(data)
    assert facts["sha256"] == hashlib.sha256(data).hexdigest()
    assert facts["file"] == "p.tar.gz"


def test_every_checksum_is_right(package, tmp_path):
    folder = tmp_path / "by-hand"
    with tarfile.open(package) as tar:
        names = tar.getnames()
        tar.extractall(folder, filter="data")
    said = subprocess.run(
        ["sha256sum", "--strict", "-c", SUMS],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert sorted(line.removesuffix(": OK") for line in said.splitlines()) == sorted(
        name for name in names if name != SUMS
    )


def test_the_layout_is_what_ymir_reads(package):
    with tarfile.open(package) as tar:
        names = set(tar.getnames())
        members = tar.getmembers()
        said = yaml.safe_load(tar.extractfile("ymir-info.yaml"))
    listed = {f"{stage}/{file}" for stage, each in said["stages"].items() for file in each["files"]}
    listed |= {f"attachments/{part}/{f}" for part, fs in said["attachments"].items() for f in fs}
    assert names == listed | {"ymir-info.yaml"}
    assert said["package_version"] == "2.0.0"
    assert said["object_type"] == 2
    assert said["best_stage_name"] in said["stages"]
    assert said["executor_config"]["class_names"] == list(packed.LABELS)
    assert said["task_context"]["mAP"] == said["stages"]["best"]["mAP"]
    assert {(each.uid, each.gid, each.uname, each.mtime) for each in members} == {
        (0, 0, "", 1795332818)
    }
    assert [each.name for each in members] == sorted(names)


def test_the_model_card_says_what_a_stranger_needs(package, contents):
    with tarfile.open(package) as tar:
        card = tar.extractfile("attachments/about/README.md").read().decode()
        classes = tar.extractfile("attachments/about/classes.txt").read().decode()
    scores = json.loads(contents.metrics.read_bytes())["testing"]
    assert f"{scores['map']['value']:.3f} ±" in card
    assert "| no\\|helmet\\_head" in card or "| no\\|helmet_head" in card
    assert "site-test | v2 | 30 |" in card
    assert "best.onnx" in card
    assert classes.splitlines() == list(packed.LABELS)


def test_a_model_file_that_is_missing_is_named(contents, tmp_path):
    other = packed.contents(tmp_path / "round")
    (other.model / "best.pt").unlink()
    with pytest.raises(DataError, match=r"best\.pt"):
        write_package(tmp_path / "p.tar.gz", other)


def test_a_changed_file_is_found(package, tmp_path):
    damaged = packed.repacked(package, tmp_path / "x.tar.gz", **{"best/best.pt": b"other weights"})
    with pytest.raises(DataError, match=r"checksum of `best/best\.pt`"):
        read_package(damaged)


def test_an_added_file_is_found(package, tmp_path):
    damaged = packed.repacked(package, tmp_path / "x.tar.gz", **{"best/more.pt": b"?"})
    with pytest.raises(DataError, match=r"checksum of `best/more\.pt`"):
        read_package(damaged)


def test_a_missing_weight_is_found(package, tmp_path):
    damaged = packed.repacked(package, tmp_path / "x.tar.gz", **{"best/best.pt": None, SUMS: None})
    with pytest.raises(DataError, match=r"best/best\.pt`, which is not in it"):
        read_package(damaged)


@pytest.mark.parametrize("cut", [10, 200, 2000])
def test_half_a_package_is_refused(package, tmp_path, cut):
    half = tmp_path / "half.tar.gz"
    half.write_bytes(package.read_bytes()[:-cut])
    with pytest.raises(DataError, match="not a whole"):
        read_package(half)


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "a/../../evil", "a\nb", "..", "a\\b"])
def test_names_that_escape_are_refused(tmp_path, name):
    with pytest.raises(DataError, match="refused"):
        read_package(packed.archive(tmp_path / "x.tar.gz", {name: b"?"}))


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE]
)
def test_links_and_devices_are_refused(tmp_path, kind):
    member = tarfile.TarInfo("best/best.pt")
    member.type, member.linkname = kind, "/etc/passwd"
    with pytest.raises(DataError, match="link or no plain file"):
        read_package(packed.with_member(tmp_path / "x.tar.gz", member))


def test_an_archive_that_swells_is_given_up(tmp_path):
    with pytest.raises(DataError, match="far more than it weighs"):
        read_package(packed.bomb(tmp_path / "x.tar.gz", 160))


@pytest.mark.parametrize("content", [b"", b"no archive", b"\x1f\x8b\x08"])
def test_what_is_no_archive_is_refused(tmp_path, content):
    (tmp_path / "x.tar.gz").write_bytes(content)
    with pytest.raises(DataError):
        read_package(tmp_path / "x.tar.gz")


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DataError, match="No such file"):
        read_package(tmp_path / "x.tar.gz")


def information(**changes: object) -> dict[str, bytes | None]:
    """A package of another maker: weights at the root, no checksums, no version."""
    said = {
        "executor_config": {"class_names": ["cat"]},
        "stages": {"epoch1": {"files": ["w.pt"]}},
        "best_stage_name": "epoch1",
        **changes,
    }
    return {"w.pt": b"w", "ymir-info.yaml": yaml.safe_dump(said).encode()}


def test_a_package_without_version_and_with_files_at_the_root_is_read(tmp_path):
    read = read_package(packed.archive(tmp_path / "x.tar.gz", information()))
    assert (read.version, read.best.members) == ("", {"w.pt": "w.pt"})


def test_a_package_from_before_2_0_is_one_stage(tmp_path):
    old = information(stages={}, best_stage_name="", models=["w.pt"], task_context={"mAP": 0.5})
    read = read_package(packed.archive(tmp_path / "x.tar.gz", old))
    assert (read.best_stage, read.best.map) == ("default_best_stage", 0.5)


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"object_type": 3}, "no detector"),
        ({"package_version": "3.0.0"}, "version 3.0.0"),
        ({"best_stage_name": "epoch2"}, "epoch2"),
        ({"executor_config": {}}, "class_names"),
        ({"stages": {}}, "names no stage"),
        ({"stages": {"epoch1": {"files": ["../w.pt"]}}}, "refused"),
        ({"stages": {"epoch1": {}}}, "stages.epoch1.files"),
        ({"stages": 3}, "stages"),
    ],
)
def test_wrong_information_is_said_plainly(tmp_path, changes, what):
    with pytest.raises(DataError, match=what):
        read_package(packed.archive(tmp_path / "x.tar.gz", information(**changes)))


def test_yaml_that_refers_to_itself_is_refused(tmp_path):
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    for text in (
        "\n".join(lines),
        "a: &a [*a]",
        "!!python/object/apply:os.system [ls]",
        "\t",
        "[1",
    ):
        files = {"ymir-info.yaml": text.encode()}
        with pytest.raises(DataError):
            read_package(packed.archive(tmp_path / "x.tar.gz", files))
