"""How far people are with a batch is seen at a glance, and looking changes nothing."""

from pathlib import Path

from tests.labeling.batches import batch, box, files
from tests.labeling.drops import coco, drop, drop_all, home, voc
from tests.labeling.test_folder import looked_at_again
from ymir.contracts.labeling import Batch, Counting
from ymir.labeling import existing, folder


def sent(tmp_path: Path) -> Batch:
    made = batch(tmp_path)
    folder.send(made, {})
    return made


def test_answers_are_counted_wherever_they_may_lie(tmp_path: Path) -> None:
    made = sent(tmp_path)
    assert folder.done(tmp_path, made.name) == 0
    drop_all(made)
    assert folder.done(tmp_path, made.name) == 3
    (home(made) / "annotations" / "1-clip-2.xml").unlink(missing_ok=True)
    drop(made, "images/1-clip-2.xml", voc(box()))
    assert folder.done(tmp_path, made.name) == 3


def test_images_of_a_coco_file_count_once(tmp_path: Path) -> None:
    made = sent(tmp_path)
    drop(made, "annotations/done.json", coco(_1_clip_2=[box("HEAD")], _2_clip_1=[]))
    drop(made, "annotations/1-clip-2.xml", voc(box()))
    assert folder.done(tmp_path, made.name) == 2


def test_what_is_no_answer_does_not_count(tmp_path: Path) -> None:
    made = sent(tmp_path)
    for name, text in {"a.xml": voc(), "b.json": "{", "c.json": "[]", "d.json": '{"images": [3]}',
                       "note.txt": "note"}.items():  # fmt: skip
        drop(made, f"annotations/{name}", text)
    assert folder.done(tmp_path, made.name) == 0


def test_labels_that_went_out_are_no_answers(tmp_path: Path) -> None:
    again = looked_at_again(batch(tmp_path))
    folder.send(again, {})
    assert folder.done(tmp_path, again.name) == 0


def test_looking_changes_nothing_and_a_batch_that_is_not_here_is_not_counted(
    tmp_path: Path,
) -> None:
    made = sent(tmp_path)
    before = files(tmp_path)
    folder.done(tmp_path, made.name)
    assert files(tmp_path) == before
    assert folder.done(tmp_path, "gone") is None
    (home(made) / "index.csv").write_text("image\nx\n")
    assert folder.done(tmp_path, made.name) is None


def test_only_a_tool_that_can_count_is_asked() -> None:
    assert isinstance(folder, Counting)
    assert not isinstance(existing, Counting)
