"""A package that is damaged, or about something else, is named for it before it is run."""

import pytest

from tests.package import packed
from ymir.package.contents import INFO, SUMS
from ymir.package.write import write_package
from ymir.proof.opening import onnx_of, open_package


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    folder = tmp_path_factory.mktemp("packages")
    path = folder / "helmet-r3.tar.gz"
    write_package(path, packed.contents(folder / "round"))
    return path


def test_a_sound_package_may_be_run(package):
    opened = open_package(package, packed.LABELS)
    assert opened.may_run
    assert [(each.name, each.holds) for each in opened.checks] == [
        ("checksums", True),
        ("classes", True),
    ]
    assert onnx_of(opened.package) == "best.onnx"


@pytest.mark.parametrize("labels", [("helmet_head",), ("no|helmet_head", "helmet_head")])
def test_other_classes_and_another_order_of_them_are_found(package, labels):
    opened = open_package(package, labels)
    assert not opened.may_run
    assert opened.checks[1].says.startswith("it detects helmet_head, no|helmet_head; the round is")


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"best/best.pt": b"other weights"}, "the checksum of `best/best.pt` is wrong"),
        ({"best/best.pt": None}, "the checksum of `best/best.pt` is wrong"),
        ({"best/best.pt": None, SUMS: None}, "`best/best.pt`, which is not in it"),
        ({INFO: None}, "has no `ymir-info.yaml`"),
        ({INFO: b"stages: [", SUMS: None}, "is not YAML"),
    ],
)
def test_damage_is_named(package, tmp_path, changes, what):
    opened = open_package(packed.repacked(package, tmp_path / "x.tar.gz", **changes))
    assert (opened.package, opened.may_run) == (None, False)
    assert what in opened.checks[0].says


def test_half_a_download_is_named(package, tmp_path):
    half = tmp_path / "half.tar.gz"
    half.write_bytes(package.read_bytes()[:-100])
    assert "is not a whole tar.gz" in open_package(half).checks[0].says
