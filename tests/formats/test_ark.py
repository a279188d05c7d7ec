import pytest

from tests.formats.test_contract import written
from tests.media.pictures import put
from ymir.errors import DataError
from ymir.formats import ark as plugin

BOX = {"label": "dog", "x": 10, "y": 15, "w": 50, "h": 30}


def labelled(folder, lines, classes="cat\ndog\n"):
    put(folder / "images/a.jpg", b"")
    put(folder / "annotations/a.txt", lines)
    put(folder / "classes.txt", classes)
    (found,) = plugin.read(plugin.listing(folder))
    return found


def test_what_is_written_is_what_executors_read(tmp_path):
    crowd = {**BOX, "label": "cat", "crowd": True}
    rows = [([BOX, crowd], [], "a b\nc.jpg"), ([], [], "d.jpg")]
    images, media = written(tmp_path, rows)
    assert plugin.write(images, media, tmp_path / "out") == {"crowds": 1}
    files = {name: (tmp_path / "out" / name).read_text() for name in ("classes.txt", "index.tsv")}
    assert files["classes.txt"] == "cat\ndog\n"
    assert files["index.tsv"] == (
        "images/a_b_c.jpg\tannotations/a_b_c.txt\nimages/d.jpg\tannotations/d.txt\n"
    )
    text = (tmp_path / "out/annotations/a_b_c.txt").read_text()
    assert text == "1, 10, 15, 59, 44, -1.0, 0.0\n"
    assert (tmp_path / "out/annotations/d.txt").read_text() == ""


def test_predictions_are_not_written_as_labels(tmp_path):
    images, media = written(tmp_path, [([{**BOX, "score": 0.5}], [], "a.jpg")])
    with pytest.raises(DataError, match="has no scores"):
        plugin.write(images, media, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "line", ["1, 10, 15, 59, 44, -1.0, 0.0", "1,10,15,59,44", "1, 10, 15, 59, 44, 0.9"]
)
def test_the_last_pixel_is_inside(tmp_path, line):
    assert list(labelled(tmp_path, f"{line}\n\n").objects) == [BOX]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("2, 1, 2, 3, 4", "there is no class 2; `classes.txt` has 0 to 1"),
        ("0.5, 1, 2, 3, 4", "there is no class 0.5"),
        ("0, 1, 2, 3", "it has 4 fields"),
        ("0, 1, 2, nan, 4", "not finite"),
        ("0, 1, 2, 3, 4, -1.0, 0.5", "its box is turned"),
        ("0 1 2 3 4", "could not convert"),
        (b"\xff", "could not convert"),
    ],
)
def test_a_wrong_line_is_named(tmp_path, line, why):
    content = line if isinstance(line, bytes) else line.encode()
    problem = labelled(tmp_path, b"0, 1, 2, 3, 4\n" + content).problem
    assert str(problem).startswith("`annotations/a.txt`: line 2: ")
    assert why in str(problem)


def test_classes_that_have_no_names_stop_everything(tmp_path):
    labelled(tmp_path, "")
    (tmp_path / "classes.txt").unlink()
    with pytest.raises(DataError, match=r"classes\.txt` cannot be read"):
        list(plugin.read(plugin.listing(tmp_path)))


def test_a_file_of_absurd_size_is_not_read(tmp_path):
    assert "larger than 16 MB" in str(labelled(tmp_path, b"\n" * (17 << 20)).problem)
