from dataclasses import replace

import polars as pl
import pytest

from tests.labeling.batches import balanced, batch, box, files, keeps_its_contract, objects_of
from tests.labeling.drops import NAMES, boxes, coco, drop, drop_all, home, mistakes, voc
from ymir.data.balance import Balance
from ymir.data.table import table
from ymir.errors import DataError, StoreError
from ymir.labeling import folder


def test_folder_keeps_its_contract(tmp_path):
    keeps_its_contract("folder", tmp_path, answer=drop_all)


def test_a_batch_goes_out_as_images_classes_index_and_words(sent):
    assert sorted(each.name for each in home(sent).iterdir()) == [
        "README.txt",
        "annotations",
        "classes.txt",
        "images",
        "index.csv",
    ]
    image = sent.images["image"][0]
    assert (home(sent) / "images" / "1-clip-2.jpg").read_bytes() == sent.media[image].read_bytes()
    assert (home(sent) / "classes.txt").read_text() == "helmet_head\nno_helmet_head\n"
    assert (home(sent) / "index.csv").read_text().splitlines()[1] == f"1-clip-2.jpg,{image}"
    assert "   - no_helmet_head\n" in (home(sent) / "README.txt").read_text()


def test_what_goes_out_is_a_copy(sent):
    (home(sent) / "images" / "1-clip-2.jpg").write_bytes(b"painted over")
    assert sent.media[sent.images["image"][0]].read_bytes() != b"painted over"


def test_odd_names_and_equal_names_become_plain_and_different(tmp_path):
    one = batch(tmp_path)
    odd = ["a/../b c.jpg", "b c.jpg", "ü" * 300 + ".jpg"]
    folder.send(replace(one, images=one.images.with_columns(file=pl.Series(odd))), {})
    names = sorted(each.name for each in (home(one) / "images").iterdir())
    assert names == ["1-b_c.jpg", "2-b_c.jpg", "3-_.jpg"]


def test_people_are_waited_for_until_the_last_image(sent):
    assert balanced(sent, folder.collect(sent, {})).outstanding == 3
    drop(sent, f"annotations/{NAMES[1]}.xml", voc())
    assert balanced(sent, folder.collect(sent, {})) == Balance(sent=3, empty=1, outstanding=2)


def test_voc_files_come_back(sent):
    drop_all(sent)
    assert boxes(sent) == [
        [("helmet_head", 10, 10, 20, 10)],
        [],
        [("helmet_head", 10, 10, 20, 10), ("no_helmet_head", 30, 20, 20, 10)],
    ]


def test_voc_files_may_lie_beside_the_images(sent):
    for name in NAMES:
        drop(sent, f"images/{name}.xml", voc(box()))
    assert balanced(sent, folder.collect(sent, {})).labelled == 3


def test_a_coco_file_comes_back(sent):
    drop(sent, "annotations/done.json", coco(_1_clip_2=[box("HEAD")], _2_clip_1=[], _3_clip_0=[]))
    assert boxes(sent) == [[("no_helmet_head", 10, 10, 20, 10)], [], []]
    assert balanced(sent, folder.collect(sent, {})) == Balance(sent=3, labelled=1, empty=2)


def test_some_may_answer_in_voc_and_some_in_coco(sent):
    drop(sent, "annotations/done.json", coco(_1_clip_2=[box()], _2_clip_1=[]))
    drop(sent, f"images/{NAMES[2]}.xml", voc(box()))
    assert balanced(sent, folder.collect(sent, {})).labelled == 2
    assert balanced(sent, folder.collect(sent, {"format": "voc"})).outstanding == 2


def test_the_confidence_of_a_tool_is_not_kept(sent):
    drop_all(sent)
    scored = voc(box()).replace("</bndbox>", "</bndbox><confidence>0.5</confidence>")
    drop(sent, f"annotations/{NAMES[0]}.xml", scored)
    assert objects_of(sent, folder.collect(sent, {}))[0][0]["score"] is None


def test_a_box_a_pixel_over_the_edge_is_cut(sent):
    drop_all(sent)
    drop(sent, f"annotations/{NAMES[0]}.xml", voc(box(at=(-1, 0), size=(61, 41))))
    assert boxes(sent)[0] == [("helmet_head", 0, 0, 60, 40)]


def test_every_mistake_is_named_at_once_and_no_answer_is_touched(sent):
    drop(sent, f"annotations/{NAMES[0]}.xml", "<annotation><object>")
    drop(sent, f"annotations/{NAMES[1]}.xml", voc(box("hat"), box(at=(50, 30))))
    drop(sent, f"annotations/{NAMES[2]}.xml", voc(size=(600, 400)))
    drop(sent, "annotations/9-clip-9.xml", voc())
    drop(sent, "annotations/broken.json", "{")
    before = files(home(sent))
    text = "\n".join(mistakes(sent))
    for part in (
        f"{NAMES[0]}.xml`: broken XML",
        f"{NAMES[1]}.xml (images/{NAMES[1]}.jpg): label `hat`",
        "lies outside the image",
        "600x400 pixels, but the image has 60x40",
        "9-clip-9.xml: there is no image of this name",
        "broken.json",
    ):
        assert part in text
    assert files(home(sent)) == before


def test_an_inverted_box_is_a_mistake(sent):
    drop(sent, f"images/{NAMES[0]}.xml", voc(box(size=(-5, 10))))
    assert "is inverted or empty" in mistakes(sent)[0]


def test_an_answer_in_the_wrong_place_is_told_where_it_belongs(sent):
    drop(sent, "1-clip-2.xml", voc())
    assert "answers belong into annotations/" in mistakes(sent)[0]


def test_xml_entities_are_a_mistake(sent):
    bomb = '<!DOCTYPE a [<!ENTITY b "bb">]><annotation><object>&b;</object></annotation>'
    drop(sent, f"images/{NAMES[0]}.xml", bomb)
    assert "entities" in mistakes(sent)[0]


def test_two_answers_for_one_image_that_differ_are_a_mistake(sent):
    drop_all(sent)
    drop(sent, f"images/{NAMES[1]}.xml", voc(box()))
    assert "more than one file of this name" in mistakes(sent)[0]


def test_voc_and_coco_must_not_contradict_each_other(sent):
    drop_all(sent)
    drop(sent, "annotations/done.json", coco(_2_clip_1=[box()]))
    assert all("the same image, labelled differently" in each for each in mistakes(sent))


def test_an_answer_to_a_foreign_image_is_a_mistake(sent):
    drop(sent, "images/other.jpg", "not from here")
    drop(sent, "images/other.xml", voc())
    assert "there is no image of this name in the batch" in mistakes(sent)[0]


def test_an_image_that_was_not_listed_in_the_batch_does_no_harm_without_an_answer(sent):
    drop(sent, "images/preview.png", "a picture of a picture")
    drop_all(sent)
    assert balanced(sent, folder.collect(sent, {})).labelled == 2


def test_the_images_come_back_into_a_fresh_clone(sent):
    (home(sent) / "images" / "1-clip-2.jpg").unlink()
    (home(sent) / "README.txt").unlink()
    drop_all(sent)
    assert balanced(sent, folder.collect(sent, {})).labelled == 2
    assert (home(sent) / "images" / "1-clip-2.jpg").exists()


def test_half_an_image_of_a_killed_run_is_written_again(sent):
    half = home(sent) / "images" / "1-clip-2.jpg"
    whole = half.read_bytes()
    half.write_bytes(whole[:10])
    (home(sent) / "index.csv").unlink()
    folder.send(sent, {})
    assert half.read_bytes() == whole


def test_another_batch_does_not_move_into_a_folder_with_answers(sent):
    other = replace(sent, images=sent.images.reverse())
    with pytest.raises(DataError, match="was handed out for other images"):
        folder.send(other, {})


def test_images_that_are_not_at_hand_are_fetched_first(tmp_path):
    with pytest.raises(StoreError, match="not at hand"):
        folder.send(replace(batch(tmp_path), media={}), {})


def looked_at_again(sent):
    """The batch, the second image of which has labels already."""
    boxes = [[], [box(), box("no_helmet_head", (30, 5))], []]
    rows = zip(sent.images.to_dicts(), boxes, strict=True)
    return replace(sent, images=table({**row, "objects": each} for row, each in rows))


def test_labels_that_an_image_has_already_go_out_beside_it_and_answer_nothing(tmp_path):
    again = looked_at_again(batch(tmp_path))
    folder.send(again, {})
    before = home(again) / "before"
    assert [path.name for path in before.iterdir()] == ["2-clip-1.xml"]
    assert not [path for path in home(again).iterdir() if path.name.startswith(".")]
    once = files(tmp_path)
    assert balanced(again, folder.collect(again, {})).outstanding == 3
    assert files(tmp_path) == once
    assert "before/" in (home(again) / "README.txt").read_text()


def test_labels_that_are_saved_unchanged_come_back_as_they_went_out(tmp_path):
    again = looked_at_again(batch(tmp_path))
    folder.send(again, {})
    for name in NAMES:
        known = home(again) / "before" / f"{name}.xml"
        text = known.read_text() if known.exists() else voc()
        (home(again) / "annotations" / f"{name}.xml").write_text(text)
    assert objects_of(again, folder.collect(again, {})) == again.images["objects"].to_list()


def test_what_a_killed_run_began_of_the_known_labels_is_made_whole(tmp_path):
    again = looked_at_again(batch(tmp_path))
    folder.send(again, {})
    whole = files(tmp_path)
    for path in (home(again) / "before").iterdir():
        path.unlink()
    (home(again) / "before").rmdir()
    (home(again) / "index.csv").unlink()
    folder.send(again, {})
    assert files(tmp_path) == whole
