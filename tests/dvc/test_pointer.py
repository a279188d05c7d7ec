import pytest
from dvc.utils.serialize import parse_yaml
from hypothesis import given
from hypothesis import strategies as st

from ymir.dvc import pointer
from ymir.dvc.pointer import Pointer
from ymir.errors import StoreError

POINTER = Pointer("v1", "17d371aa26a6b5ccb89735177842e078.dir", 5, 2)
TEXT = """\
outs:
- md5: 17d371aa26a6b5ccb89735177842e078.dir
  size: 5
  nfiles: 2
  hash: md5
  path: v1
"""
PLAIN = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp", "Cn", "Co"]))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | PLAIN | st.from_regex(r"[-+.0-9eEo]{1,6}"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(PLAIN, inner, max_size=3),
    max_leaves=8,
)


def test_a_pointer_reads_as_dvc_writes_it():
    assert pointer.render(POINTER) == TEXT


def test_a_written_pointer_is_read_back(tmp_path):
    noted = Pointer("v1", POINTER.digest, 5, 2, meta={"ymir": {"recipe": {"kind": "dataset"}}})
    pointer.write(tmp_path / "v1.dvc", noted)
    assert pointer.read(tmp_path / "v1.dvc") == noted


def test_keys_of_others_are_kept(tmp_path):
    path = tmp_path / "v1.dvc"
    path.write_text(f"desc: mine\n{TEXT}  remote: attic\nmeta:\n  owner: me\n")
    found = pointer.read(path)
    assert found.meta == {"owner": "me"}
    assert pointer.render(found) == path.read_text()


def test_repeated_values_are_written_out():
    labels = ["helmet"]
    text = pointer.render(Pointer("v1", POINTER.digest, 5, 2, meta={"a": labels, "b": labels}))
    assert "&" not in text


@given(VALUES)
def test_dvc_reads_the_notes_as_they_were_written(value):
    text = pointer.render(Pointer("v1", "1" * 28 + "2e12", 5, 2, meta={"ymir": value}))
    document = parse_yaml(text, "v1.dvc")
    assert document["meta"] == {"ymir": value}
    assert document["outs"][0]["md5"] == "1" * 28 + "2e12"


@pytest.mark.parametrize(
    "text",
    [
        *("", "outs: [", "outs: []", "outs: 3", "- 1"),
        TEXT.replace("- md5", "<<<<<<< HEAD\n- md5"),
        TEXT.replace("17d371aa26a6b5", "../../etc/pass"),
        f"{TEXT}meta:\n  a: &a [x, x]\n  b: [*a, *a]\n",
    ],
)
def test_a_broken_pointer_says_which_file_to_mend(tmp_path, text):
    path = tmp_path / "v1.dvc"
    path.write_text(text or "\n")
    with pytest.raises(StoreError, match=r"v1\.dvc") as caught:
        pointer.read(path)
    assert "git checkout" in str(caught.value.hint)
