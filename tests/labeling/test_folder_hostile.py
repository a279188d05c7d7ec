"""What somebody may drop by mistake or malice: it is named, and nothing outside is read."""

import json
import os

import pytest

from tests.labeling.batches import balanced, box, files
from tests.labeling.drops import NAMES, boxes, coco, drop, drop_all, home, mistakes, voc
from tests.labeling.test_folder_formats import annotation, region, task
from ymir.labeling import folder


def test_a_link_that_leads_out_of_the_folder_is_not_followed(sent, tmp_path):
    secret = tmp_path / "secret.xml"
    secret.write_text(voc(box()))
    (home(sent) / "annotations" / f"{NAMES[0]}.xml").symlink_to(secret)
    assert "a link that leads out" in mistakes(sent)[0]
    assert folder.done(sent.workspace, sent.name) == 0


@pytest.mark.parametrize("target", ["outside", "nowhere"])
def test_a_folder_of_answers_that_is_a_link_is_a_mistake(sent, tmp_path, target):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / f"{NAMES[0]}.xml").write_text(voc(box()))
    (home(sent) / "annotations" / "ann").symlink_to(tmp_path / target)
    assert "annotations/ann: a link to a folder, or to nothing" in mistakes(sent)[0]


def test_a_pipe_is_not_opened(sent):
    os.mkfifo(home(sent) / "annotations" / f"{NAMES[0]}.xml")
    assert "not a file, but a pipe" in mistakes(sent)[0]


def test_names_that_lead_out_are_mistakes(sent):
    document = json.loads(coco(_1_clip_2=[box()]))
    document["images"][0]["file_name"] = "../../../1-clip-2.jpg"
    drop(sent, "annotations/a.json", json.dumps(document))
    assert "leads out of the dataset's folder" in mistakes(sent)[0]


def test_an_address_of_a_task_is_read_for_its_name_only(sent):
    out = {**task("x", annotation(region())), "data": {"image": "../../../etc/1-clip-2.jpg"}}
    drop(sent, "annotations/a.json", json.dumps([out]))
    assert boxes(sent)[0] == [("helmet_head", 0, 0, 30, 20)]


def test_a_name_that_steers_a_terminal_is_shown_plainly(sent):
    drop(sent, "annotations/\x1b[2J.xml", voc())
    told = mistakes(sent)[0]
    assert "\x1b" not in told
    assert "steers a terminal" in told


def test_a_name_that_is_no_text_is_a_mistake(sent):
    path = os.fsencode(home(sent) / "annotations") + b"/\xff.xml"
    with open(path, "w", encoding="utf-8") as file:  # noqa: PTH123 - a name of bytes
        file.write(voc())
    assert "its name is not UTF-8" in mistakes(sent)[0]


def test_a_yaml_of_aliases_is_not_unfolded(sent):
    bomb = "a: &a [x, x]\nb: &b [*a, *a]\nnames: [*b, *b]\n"
    drop(sent, "annotations/data.yaml", bomb)
    drop(sent, f"annotations/{NAMES[0]}.txt", "0 .5 .5 .5 .5\n")
    assert "the alias `*a` is not read" in mistakes(sent)[0]


def test_a_document_of_many_megabytes_is_read_in_pieces(sent):
    filler = {"x": "y" * 1000}
    tasks = [{"id": at, "data": {"image": f"{at}.jpg"}, "meta": filler} for at in range(18000)]
    tasks.append(task(NAMES[0], annotation(region())))
    drop(sent, "annotations/a.json", json.dumps(tasks))
    assert (home(sent) / "annotations" / "a.json").stat().st_size > 16 << 20
    assert boxes(sent)[0] == [("helmet_head", 0, 0, 30, 20)]
    assert folder.done(sent.workspace, sent.name) == 1


def test_thousands_of_mistakes_are_not_thousands_of_lines(sent):
    many = [task(f"other-{at}", annotation(region()), id=at) for at in range(3000)]
    drop(sent, "annotations/a.json", json.dumps(many))
    told = mistakes(sent)
    assert len(told) == 101
    assert told[-1] == "  and 2900 more"


def test_two_answers_that_differ_only_in_their_order_are_one(sent):
    pair = [box(), box("Head", at=(30, 20))]
    drop(sent, f"annotations/{NAMES[0]}.xml", voc(*pair))
    ours = {"_1_clip_2": [box("HEAD", at=(30, 20)), box()]}
    drop(sent, "annotations/a.json", coco(**ours))
    assert folder.collect(sent, {}).rows.height == 1


def test_files_of_other_kinds_and_hidden_ones_do_no_harm(sent):
    drop_all(sent)
    for name in (".DS_Store", ".1-clip-2.xml.swp", "annotations/.~lock.json", "annotations/x.csv"):
        drop(sent, name, "{")
    before = files(home(sent))
    assert balanced(sent, folder.collect(sent, {})).back == 3
    assert files(home(sent)) == before


def test_what_label_studio_puts_before_a_name_does_not_matter(sent):
    drop(sent, f"annotations/1a2b3c4d-{NAMES[0]}.xml", voc(box()))
    drop(sent, f"annotations/1a2b3c4d__{NAMES[1]}.xml", voc())
    assert boxes(sent) == [[("helmet_head", 10, 10, 20, 10)], [], None]


def test_numbers_that_are_no_numbers_are_mistakes(sent):
    wrong = voc(box()).replace("<xmax>30</xmax>", "<xmax>inf</xmax>")
    drop(sent, f"annotations/{NAMES[0]}.xml", wrong)
    assert mistakes(sent)
    drop(sent, f"annotations/{NAMES[0]}.xml", voc())
    strange = annotation(region(x="1e999"))
    drop(sent, "annotations/a.json", json.dumps([task(NAMES[1], strange)]))
    assert "is not numbers" in mistakes(sent)[0]
