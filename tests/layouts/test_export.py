from ymir.data.table import table
from ymir.layouts.export import export_names, left_out

DIGEST = "{:012}" + "0" * 20
LONG = "\u00e9" * 300


def names(*files):
    return list(
        export_names(
            table({"image": DIGEST.format(at), "file": f} for at, f in enumerate(files))
        ).values()
    )


def test_an_image_keeps_the_stem_it_had():
    assert names("x/a.b.JPG", "C:\\photos\\c d.png") == ["a.b.jpg", "c d.jpg"]


def test_stems_that_a_file_system_may_not_tell_apart_get_a_piece_of_the_digest():
    found = names("x/a.jpg", "y/A.jpg", "b.jpg", "stra\u00dfe.jpg", "STRASSE.jpg")
    assert len({name.casefold() for name in found}) == 5
    assert found[2] == "b.jpg"


def test_no_name_leads_out_or_hides_or_breaks_a_line():
    found = names("../../.hidden.jpg", "..", "a\nb.jpg", "a\x1b[31m.jpg", LONG, "", "e\u202ef.jpg")
    assert found[0] == "hidden.jpg"
    assert found[1] == DIGEST.format(1) + ".jpg"
    assert found[2:4] == ["a_b.jpg", "a_[31m.jpg"]
    assert len(found[4].encode()) <= 255
    assert found[5:] == [DIGEST.format(5) + ".jpg", "e_f.jpg"]


def test_what_is_left_out_is_counted_and_what_is_said_of_a_crowd_goes_with_it():
    box = {"label": "cat", "x": 1, "y": 1, "w": 2, "h": 2, "mask": "[[1,1,3,1,3,3]]"}
    objects = [{**box, "score": 0.5}, {**box, "crowd": True}]
    images = table([{"image": "0" * 32, "objects": objects, "tags": [{"key": "a", "value": "b"}]}])
    assert left_out(images, {"boxes", "tags"}) == {"crowds": 1, "masks": 1, "scores": 1}
    assert left_out(images, {"boxes", "crowds"}) == {"masks": 2, "scores": 1, "tags": 1}
    assert left_out(table([]), set()) == {}
