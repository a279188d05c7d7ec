"""Every case is a file in `cases/`: spec files, and exactly what is wrong with them."""

import os
import re
import time
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.spec.installation import SmallInstallation
from ymir.errors import SpecError
from ymir.spec.catalogue import KINDS, Catalogue
from ymir.spec.load import load_catalogue
from ymir.spec.mistakes import BrokenSpecsError, Mistake

CASES = sorted((Path(__file__).parent / "cases").glob("*.yaml"))
SPECS = Path(__file__).parents[2] / "specs"


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case(path: Path, tmp_path: Path) -> None:
    case = yaml.safe_load(path.read_text())
    for name, text in case["given"].items():
        write(tmp_path, name, text)
    assert mistakes(tmp_path) == case["then"]


def write(workspace: Path, name: str, content: str | bytes) -> Path:
    file = workspace / "specs" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


def mistakes(workspace: Path) -> list[str]:
    try:
        load_catalogue(workspace, SmallInstallation())
    except BrokenSpecsError as error:
        return [str(mistake) for mistake in error.mistakes]
    return []


LABELS = "{apiVersion: ymir/v1, kind: Labels, classes: [car]}\n"


def test_the_reference_becomes_a_catalogue(tmp_path: Path) -> None:
    (tmp_path / "specs").symlink_to(SPECS)
    with pytest.raises(BrokenSpecsError, match="leads out of the workspace"):
        load_catalogue(tmp_path, SmallInstallation())
    specs = load_catalogue(SPECS.parent, SmallInstallation())
    assert specs.labels.primary_names()["head"] == "no_helmet_head"
    assert specs.datasets["night"].inputs == ("site-train@v2", "site-extra", "site-test@v1")
    assert specs.projects["helmet"].data.training == ("site-train",)
    assert set(specs.executors) == {"tinydet", "own", "rtdetr"}
    assert specs.workspace.paths == (".", "../raw")


def test_without_a_workspace_document_the_defaults_hold(tmp_path: Path) -> None:
    write(tmp_path, "a.yml", LABELS)
    specs = load_catalogue(tmp_path, SmallInstallation())
    assert specs.workspace.backend.use == "process"
    assert specs.workspace.commit


def test_a_folder_without_specs_is_no_workspace(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="is not a workspace"):
        load_catalogue(tmp_path, SmallInstallation())


def test_hidden_files_and_other_files_are_left_alone(tmp_path: Path) -> None:
    write(tmp_path, "a.yaml", LABELS)
    write(tmp_path, ".#a.yaml", "{")
    write(tmp_path, ".old/a.yaml", "{")
    write(tmp_path, "notes.txt", "{")
    assert mistakes(tmp_path) == []


def test_files_in_folders_count(tmp_path: Path) -> None:
    write(tmp_path, "labels/a.yaml", LABELS)
    write(tmp_path, "b.yaml", LABELS)
    assert mistakes(tmp_path) == [
        "specs/labels/a.yaml:1:29: kind: there may be only one Labels; the other is in "
        "specs/b.yaml:1:29"
    ]


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path: Path) -> None:
    lines = ["apiVersion: ymir/v1", "kind: Labels", "classes: [car, wörld]", "nöise: 1"]
    write(tmp_path, "a.yaml", b"\xef\xbb\xbf" + "\r\n".join(lines).encode())
    assert mistakes(tmp_path) == [
        "specs/a.yaml:4:1: nöise: is not known here (there is `apiVersion`, `classes` and `kind`)"
    ]


def test_columns_count_letters_not_bytes(tmp_path: Path) -> None:
    write(tmp_path, "a.yaml", "{apiVersion: ymir/v1, kind: Labels, classes: [öäü, 5]}")
    assert mistakes(tmp_path) == [
        "specs/a.yaml:1:52: classes[1]: must be a text in one line or a mapping of fields, not `5`"
    ]


def test_another_encoding_is_named(tmp_path: Path) -> None:
    write(tmp_path, "a.yaml", LABELS)
    write(tmp_path, "b.yaml", "kind: Labels\nclasses: [öl]".encode("latin-1"))
    write(tmp_path, "c.yaml", LABELS.encode("utf-16"))
    assert mistakes(tmp_path) == [
        "specs/b.yaml:2:11: not UTF-8: save the file in this encoding",
        "specs/c.yaml:1:1: not UTF-8: save the file in this encoding",
    ]


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    write(tmp_path, "a.yaml", LABELS + "#" * 1_000_001)
    assert mistakes(tmp_path) == ["specs/a.yaml: is larger than 1,000,000 bytes"]


def test_a_link_out_of_the_workspace_is_not_followed(tmp_path: Path) -> None:
    secret = write(tmp_path / "elsewhere", "secret", "password: hunter2")
    workspace = tmp_path / "workspace"
    write(workspace, "a.yaml", LABELS)
    (workspace / "specs" / "b.yaml").symlink_to(secret)
    assert mistakes(workspace) == ["specs/b.yaml: leads out of the workspace"]


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    write(tmp_path, "a.yaml", LABELS)
    os.mkfifo(tmp_path / "specs" / "b.yaml")
    assert mistakes(tmp_path) == ["specs/b.yaml: is not a file"]


def test_a_link_to_itself_is_a_mistake(tmp_path: Path) -> None:
    write(tmp_path, "a.yaml", LABELS)
    (tmp_path / "specs" / "b.yaml").symlink_to("b.yaml")
    (found,) = mistakes(tmp_path)
    assert found.startswith("specs/b.yaml: ")


def test_an_alias_bomb_is_refused_at_once(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 12)]
    write(tmp_path, "a.yaml", "\n".join(lines))
    started = time.perf_counter()
    (found,) = mistakes(tmp_path)
    assert "more than 50,000 values, aliases written out" in found
    assert time.perf_counter() - started < 2


@pytest.mark.parametrize("opening", ["[", "{a: ", "? ", "- ", "!!a [", "&a ["])
def test_deep_nesting_is_refused(opening: str, tmp_path: Path) -> None:
    write(tmp_path, "a.yaml", opening * 5_000)
    assert re.search("nested more than|not valid YAML", "\n".join(mistakes(tmp_path)))


def dataset(path: str) -> str:
    return f"""
---
apiVersion: ymir/v1
kind: Dataset
name: site
from: {{format: voc, path: {path}}}
"""


def workspace_of(*paths: object) -> str:
    listed = ", ".join(map(str, paths))
    return f"---\n{{apiVersion: ymir/v1, kind: Workspace, paths: [{listed}]}}\n"


@pytest.mark.parametrize("path", ["raw", "./a/../raw", "a b/c", "."])
def test_a_dataset_may_lie_in_the_workspace_and_need_not_exist(path: str, tmp_path: Path) -> None:
    write(tmp_path, "a.yaml", LABELS + dataset(path))
    assert mistakes(tmp_path) == []


@pytest.mark.parametrize("path", ["../raw", "/etc", "raw/../../other", "raw/../.."])
def test_a_dataset_may_not_lie_elsewhere(path: str, tmp_path: Path) -> None:
    write(tmp_path, "a.yaml", LABELS + dataset(path))
    (found,) = mistakes(tmp_path)
    assert found.startswith("specs/a.yaml:7:27: from.path: ")
    assert "add the folder to `paths` of a `Workspace`" in found


def test_a_link_is_seen_through(tmp_path: Path) -> None:
    workspace = tmp_path / "workspace"
    write(workspace, "a.yaml", LABELS + dataset("raw"))
    (workspace / "raw").symlink_to(tmp_path / "raw")
    (found,) = mistakes(workspace)
    assert f"`raw` leads to `{tmp_path / 'raw'}`, outside" in found
    write(workspace, "b.yaml", workspace_of(".", tmp_path / "raw"))
    assert mistakes(workspace) == []


def test_an_allowed_folder_opens_what_is_in_it_and_no_more(tmp_path: Path) -> None:
    write(tmp_path, "a.yaml", LABELS + dataset("../raw/train"))
    write(tmp_path, "b.yaml", workspace_of("../raw"))
    assert mistakes(tmp_path) == []
    write(tmp_path, "b.yaml", workspace_of("../ra"))
    assert len(mistakes(tmp_path)) == 1


def test_a_linked_workspace_may_be_named_either_way(tmp_path: Path) -> None:
    write(tmp_path / "real", "a.yaml", LABELS + dataset(str(tmp_path / "real" / "raw")))
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert mistakes(tmp_path / "link") == []


fields = sorted(
    {each.alias or name for kind in KINDS.values() for name, each in kind.model_fields.items()}
)
words = st.sampled_from([*fields, *KINDS, "ymir/v1", "op", "filter", "*a", "&a", "!b", "no", "012"])
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | words
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=6),
    max_leaves=12,
)
fragments = st.lists(
    words | st.sampled_from([*":-[]{},?|>#%@`\"'\n \t", "\n  ", "---\n", ": ", "- "]),
    max_size=40,
).map("".join)


def check_that_it_is_a_catalogue_or_a_list_of_mistakes(folder: Path, content: bytes) -> None:
    write(folder, "a.yaml", content)
    found: tuple[Mistake, ...] = ()
    try:
        outcome: Catalogue | None = load_catalogue(folder, SmallInstallation())
    except BrokenSpecsError as error:
        outcome, found = None, error.mistakes
    assert bool(outcome) != bool(found)
    assert all(mistake.message for mistake in found)


any_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@any_folder
@given(content=st.binary(max_size=60) | fragments.map(str.encode) | st.text().map(str.encode))
def test_any_text_is_a_catalogue_or_a_list_of_mistakes(content: bytes, tmp_path: Path) -> None:
    check_that_it_is_a_catalogue_or_a_list_of_mistakes(tmp_path, content)


@any_folder
@given(
    kind=st.sampled_from(list(KINDS)),
    given_fields=st.dictionaries(
        st.sampled_from(fields),
        values,
    ),
)
def test_any_value_of_a_field_is_right_or_a_mistake(
    kind: str, given_fields: dict[str, object], tmp_path: Path
) -> None:
    document = {"apiVersion": "ymir/v1", "kind": kind, "name": "x", **given_fields}
    content = yaml.safe_dump(document, allow_unicode=True).encode(errors="replace")
    check_that_it_is_a_catalogue_or_a_list_of_mistakes(
        tmp_path, LABELS.encode() + b"---\n" + content
    )


@pytest.mark.parametrize(
    "text",
    [
        LABELS
        + "---\n{apiVersion: ymir/v1, kind: Dataset, name: a, "
        + "".join(f"x{i}: 1, " for i in range(9_000))
        + "}",
        LABELS + dataset("raw") + "then: [" + "{op: exclude, datasets: []}, " * 9_000 + "]",
        LABELS + dataset("raw") + "merge: [" + "a, " * 40_000 + "]",
        LABELS + "---\n" * 40_000,
        LABELS + dataset("raw") + "then: " + "x" * 900_000,
        LABELS + dataset("raw") + "x" * 1_000 + ": 1",
    ],
)
def test_a_long_list_of_mistakes_takes_no_long_time(text: str, tmp_path: Path) -> None:
    write(tmp_path, "a.yaml", text)
    started = time.process_time()
    mistakes(tmp_path)
    assert time.process_time() - started < 5
