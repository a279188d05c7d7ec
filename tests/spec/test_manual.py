"""What `/img-man` says, in every layout that images have, and in those of nobody's good will."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ymir.resources import resource
from ymir.spec.manual import DETECTION, LARGEST, SET_BY_YMIR, Manual, file_names, read_manual

TRAINING = b"# how long\nepochs: 10\nrate: 0.5\nname: yolo\nargs: ''\nmirror: true\nopt:\n"


def manual(**files: str) -> Manual:
    """Of files named without `.yaml` or `-template.yaml`; `__` is a slash."""
    named = {
        f"{name.replace('__', '/')}{'' if name == 'manifest' else '-template'}.yaml": text.encode()
        for name, text in files.items()
    }
    return read_manual({name.replace("_", "-"): text for name, text in named.items()})


def test_a_flat_layout_gives_the_defaults_of_each_task() -> None:
    found = read_manual({"training-template.yaml": TRAINING, "infer-template.yaml": b"conf: 0.1"})
    assert found.object_types == (DETECTION,)
    assert found.faults == ()
    assert found.templates == {
        "training": {
            "epochs": 10,
            "rate": 0.5,
            "name": "yolo",
            "args": "",
            "mirror": True,
            "opt": None,
        },
        "infer": {"conf": 0.1},
    }


@pytest.mark.parametrize(
    ("manifest", "types"),
    [
        ("object_type: 2", (2,)),
        ('"object_type": 2', (2,)),
        ("object_type: '3'", (3,)),
        ("object_type: [3, 4, 50]", (3, 4, 50)),
        ("object_type: [2, '4']", (2, 4)),
        ("enable_livecode: true", (2,)),
        ("# nothing", (2,)),
        ("", (2,)),
    ],
)
def test_object_types_are_read_as_images_write_them(manifest: str, types: tuple[int, ...]) -> None:
    found = manual(manifest=manifest, training="a: 1")
    assert found.object_types == types
    assert found.faults == ()


@pytest.mark.parametrize("wrong", ["two", "true", "[]", "{a: 1}", "-2", "123456", "1.5"])
def test_an_object_type_that_is_none_is_a_fault(wrong: str) -> None:
    (fault,) = manual(manifest=f"object_type: {wrong}").faults
    assert fault == "`manifest.yaml`: `object_type` must be a number or a list of numbers"


def test_with_a_folder_per_object_type_that_of_detection_counts() -> None:
    files = {
        "semantic_seg__training": "a: 3",
        "det__training": "a: 2",
        "instance_seg__infer": "b: 4",
    }
    found = manual(manifest="object_type: [3, 2, 4]", **files)
    assert found.templates == {"training": {"a": 2}, "infer": {"b": 4}}
    assert manual(manifest="object_type: 3", **files).templates == {"training": {"a": 3}}


@pytest.mark.parametrize("nothing", ["", "# only a comment\n", "{}", "---\n"])
def test_a_template_that_says_nothing_is_no_template(nothing: str) -> None:
    found = manual(training=nothing)
    assert found == Manual()
    assert found.is_silent


def test_keys_that_ymir_sets_are_left_out() -> None:
    reserved = "".join(f"{key}: 0\n" for key in SET_BY_YMIR)
    assert manual(training=f"{reserved}epochs: 1\nshm_size: 128G").templates["training"] == {
        "epochs": 1,
        "shm_size": "128G",
    }


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"- a\n- b", "must be a mapping of fields"),
        (b"just a text", "must be a mapping of fields"),
        (
            b"a: [",
            "cannot be read: while parsing a flow node did not find expected node content at "
            "line 2, column 1",
        ),
        (
            b"a: !!python/x:os.system [true]",
            "cannot be read: could not determine a constructor for the tag "
            "'tag:yaml.org,2002:python/x:os.system' at line 1, column 4",
        ),
        (b"a: 2026-99-99", "cannot be read: month must be in 1..12"),
        (b"a: \xff", "is not UTF-8"),
        (b"a: 1\n#" + b"x" * LARGEST, f"is larger than {LARGEST:,} bytes"),
        (b"a: &a [*a]", "is nested more than 20 levels deep"),
        (b"a: " + b"[" * 400 + b"]" * 400, "is nested more than 20 levels deep"),
        (b"[" * 100_000, "cannot be read: it is nested more than 100 levels deep"),
        (
            b"a0: &a0 [x,x,x,x,x,x,x,x,x]\n"
            + b"".join(
                b"a%d: &a%d [%s]\n" % (i, i, b",".join([b"*a%d" % (i - 1)] * 9))
                for i in range(1, 12)
            ),
            "holds more than 5,000 values, aliases written out",
        ),
    ],
    ids=range(11),
)
def test_a_file_that_cannot_be_understood_is_a_fault_and_not_there(
    content: bytes, why: str
) -> None:
    found = read_manual({"training-template.yaml": content, "infer-template.yaml": b"a: 1"})
    assert found.faults == (f"`training-template.yaml`: {why}",)
    assert list(found.templates) == ["infer"]
    assert not found.is_silent


def test_a_date_is_a_text() -> None:
    assert manual(training="since: 2024-01-31").templates["training"] == {"since": "2024-01-31"}


@given(st.dictionaries(st.sampled_from(file_names()), st.binary(max_size=60)))
def test_whatever_an_image_holds_is_understood_or_a_fault(files: dict[str, bytes]) -> None:
    found = read_manual(files)
    assert len(found.templates) + len(found.faults) <= len(files) + 1


def test_the_bundled_detector_documents_every_task() -> None:
    folder = resource("executors") / "tinydet" / "img-man"
    found = read_manual({each.name: each.read_bytes() for each in folder.iterdir()})
    assert set(found.templates) == {"training", "mining", "infer"}
    assert found.faults == ()
