"""What people need beside the images: words, suggestions, a way to say no, and time."""

import os
import threading
import time
from contextlib import contextmanager
from dataclasses import replace

from tests.labeling.batches import balanced, batch, box, files
from tests.labeling.drops import NAMES, boxes, drop, drop_all, home, mistakes, voc
from tests.labeling.test_folder import looked_at_again
from ymir.answers.names import numbered
from ymir.contracts.format import formats
from ymir.contracts.labeling import Waiting, Withdrawing
from ymir.data.answers import SKIPPED
from ymir.data.balance import Balance
from ymir.data.table import table
from ymir.labeling import folder


def suggested(made):
    """The batch with what a model finds on its first two images."""
    found = [[{**box(), "score": 0.75}], []]
    rows = zip(made.images.to_dicts(), found, strict=False)
    return replace(made, suggested=table({**row, "objects": each} for row, each in rows))


def readme(made):
    return (home(made) / "README.txt").read_text()


@contextmanager
def meanwhile(work):
    """Do something again and again, as a slow disk or network does."""
    is_over = threading.Event()

    def again():
        while not is_over.wait(0.1):
            work()

    worker = threading.Thread(target=again)
    worker.start()
    try:
        yield
    finally:
        is_over.set()
        worker.join()


def test_every_form_of_answer_is_explained(sent):
    for part in ("PASCAL VOC", "YOLO", "COCO", "Label Studio", "skipped.txt", "git add labels/"):
        assert part in readme(sent)
    assert "suggested/ is" not in readme(sent)


def test_instructions_stand_in_the_readme_and_beside_it(tmp_path):
    made = replace(batch(tmp_path), instructions="# Helmets\nAlso those on tables.\n")
    folder.send(made, {})
    assert "Also those on tables." in readme(made)
    assert (home(made) / "INSTRUCTIONS.txt").read_text() == "# Helmets\nAlso those on tables.\n"


def test_what_cannot_be_labelled_is_skipped_with_its_reason(sent):
    text = "# nothing to see\n2-clip-1.jpg too dark\n\nimages/3-clip-0.jpg\n"
    drop(sent, "skipped.txt", "\ufeff" + text)
    drop(sent, f"annotations/{NAMES[0]}.xml", voc(box()))
    rows = folder.collect(sent, {}).rows
    skips = rows.filter(state=SKIPPED).select("image", "why").rows()
    assert skips == [(sent.images["image"][1], "too dark"), (sent.images["image"][2], None)]
    counted = balanced(sent, folder.collect(sent, {}))
    assert counted == Balance(sent=3, labelled=1, skipped=2)
    assert folder.done(sent.workspace, sent.name) == 3


def test_an_image_is_skipped_once_however_often_it_is_listed(sent):
    drop(sent, "skipped.txt", "2-clip-1 too dark\n2-clip-1.jpg\n")
    drop(sent, "annotations/skipped.txt", "2-clip-1.jpg\n")
    assert folder.collect(sent, {}).rows.height == 1


def test_a_skip_of_no_image_and_one_with_an_answer_are_mistakes(sent):
    drop_all(sent)
    drop(sent, "skipped.txt", "2-clip-1.jpg too dark\n../1-clip-2.jpg gone\n")
    told = "\n".join(mistakes(sent))
    assert "skipped.txt: line 2: there is no image `../1-clip-2.jpg` in the batch" in told
    assert f"annotations/{NAMES[1]}.xml" in told
    assert "there is another answer: skipped.txt: line 1" in told


def test_images_that_go_out_twice_come_back_as_two_copies(tmp_path):
    once = batch(tmp_path)
    image = once.images["image"][1]
    made = replace(once, twice=(image,))
    assert folder.send(made, {})["images"] == 3
    names = sorted(each.name for each in (home(made) / "images").iterdir())
    assert names == numbered(made)["file"].to_list()
    assert len({(home(made) / "images" / name).read_bytes() for name in names}) == 3
    assert "4 images to label" in readme(made)
    answers = [f"annotations/{name.removesuffix('.jpg')}.xml" for name in names]
    for answer in answers[:3]:
        drop(made, answer, voc(box()))
    early = balanced(made, folder.collect(made, {}))
    assert (early.back, early.reviewed, early.is_done) == (3, 0, False)
    drop(made, answers[3], voc(box("Head")))
    came = folder.collect(made, {})
    assert came.rows.filter(image=image)["copy"].to_list() == [1, 2]
    assert balanced(made, came).is_done
    assert folder.done(tmp_path, made.name) == 3


def test_each_copy_is_shown_what_its_image_has(tmp_path):
    again = looked_at_again(batch(tmp_path))
    made = replace(again, twice=(again.images["image"][1],))
    folder.send(made, {})
    stems = [name.removesuffix(".jpg") for name in numbered(made)["file"]]
    shown = sorted(each.stem for each in (home(made) / "before").iterdir())
    assert shown == [stems[1], stems[3]]


def test_what_a_model_finds_goes_out_in_two_forms_with_its_scores(tmp_path):
    made = suggested(batch(tmp_path))
    folder.send(made, {})
    once = files(tmp_path)
    assert sorted(each.name for each in (home(made) / "suggested").iterdir()) == [
        "1-clip-2.xml",
        "2-clip-1.xml",
        "coco.json",
    ]
    assert "<confidence>0.75</confidence>" in (home(made) / "suggested/1-clip-2.xml").read_text()
    assert "suggested/ is what a model finds" in readme(made)
    folder.send(made, {})
    assert files(tmp_path) == once
    listing = formats.load("coco").listing(home(made) / "suggested")
    found = [each for each in formats.load("coco").read(listing) if each.objects]
    assert [each.image for each in found] == ["1-clip-2.jpg"]
    assert found[0].objects[0]["score"] == 0.75


def test_a_suggestion_is_an_answer_once_somebody_saved_it(tmp_path):
    made = suggested(batch(tmp_path))
    folder.send(made, {})
    for path in (home(made) / "suggested").iterdir():
        (home(made) / "annotations" / path.name).write_bytes(path.read_bytes())
    assert balanced(made, folder.collect(made, {})).outstanding == 3
    assert folder.done(tmp_path, made.name) == 0
    drop(made, f"annotations/{NAMES[0]}.xml", voc(box()))
    assert boxes(made) == [[("helmet_head", 10, 10, 20, 10)], None, None]
    assert folder.done(tmp_path, made.name) == 1


def test_labels_of_people_are_shown_rather_than_what_a_model_finds(tmp_path):
    made = suggested(looked_at_again(batch(tmp_path)))
    folder.send(made, {})
    assert not (home(made) / "suggested" / "2-clip-1.xml").exists()
    assert (home(made) / "before" / "2-clip-1.xml").exists()


def test_a_file_that_was_written_a_moment_ago_is_looked_at_again(sent):
    target = home(sent) / "annotations" / f"{NAMES[0]}.xml"
    target.write_text("<annotation><object>")
    os.utime(target, (time.time() + 1.5,) * 2)  # still new, however slow this machine is
    mend = threading.Timer(0.3, lambda: target.write_text(voc(box())))
    mend.start()
    assert balanced(sent, folder.collect(sent, {})).labelled == 1
    mend.join()


def test_a_file_that_is_still_being_written_is_waited_for(sent):
    drop(sent, "annotations/classes.txt", "helmet_head\n")
    name = f"annotations/{NAMES[0]}.txt"
    file = home(sent) / name
    file.write_text("0 .5 .5")
    with meanwhile(lambda: file.write_text("0 .5 .5")):
        said = folder.collect(sent, {})
    assert said == Waiting(f"`labels/helmet-r2/{name}` is being written right now")
    drop(sent, name, "0 .5 .5 .1 .1\n")
    assert boxes(sent)[0] == [("helmet_head", 27, 18, 6, 4)]


def test_a_fresh_file_that_is_whole_is_not_waited_for(sent):
    file = home(sent) / "annotations" / f"{NAMES[0]}.xml"
    file.write_text(voc(box()))
    with meanwhile(file.touch):
        assert balanced(sent, folder.collect(sent, {})).back == 1


def test_what_nobody_has_begun_is_taken_back_and_nothing_else(sent):
    assert isinstance(folder, Withdrawing)
    drop(sent, f"annotations/{NAMES[0]}.xml", "<annotation><obj")
    drop(sent, "skipped.txt", f"{NAMES[1]}.jpg too dark\n")
    assert folder.withdraw(sent, {}) == {"withdrawn": 1}
    kept = sorted(each.name for each in (home(sent) / "images").iterdir())
    assert kept == ["1-clip-2.jpg", "2-clip-1.jpg"]
    assert (home(sent) / "withdrawn.txt").read_text() == "3-clip-0.jpg\n"
    assert (home(sent) / "withdrawn" / "3-clip-0.jpg").exists()
    assert "not needed any more" in readme(sent)
    once = files(sent.workspace)
    assert folder.withdraw(sent, {}) == {"withdrawn": 1}
    folder.send(sent, {})
    assert files(sent.workspace) == once


def test_a_late_answer_to_what_was_taken_back_is_not_lost(sent):
    folder.withdraw(sent, {})
    drop_all(sent)
    assert balanced(sent, folder.collect(sent, {})).back == 3


def test_nothing_is_taken_back_where_nobody_knows_what_an_answer_is_about(sent):
    drop(sent, "annotations/a.json", "{")
    assert folder.withdraw(sent, {}) == {"withdrawn": 0}
    assert len(list((home(sent) / "images").iterdir())) == 3


def test_a_batch_that_is_not_here_has_nothing_to_take_back(tmp_path):
    assert folder.withdraw(batch(tmp_path), {}) == {"withdrawn": 0}
    assert not (tmp_path / "labels").exists()
