from tests.formats.test_contract import written
from tests.media.pictures import put
from ymir.formats import images as plugin


def test_every_image_is_found_and_nothing_is_said_of_any(tmp_path):
    for name in ("a.jpg", "day/b.PNG", "day/b.txt", "c.tiff", ".hidden/d.jpg"):
        put(tmp_path / name, b"")
    listing = plugin.listing(tmp_path)
    found = list(plugin.read(listing))
    assert [each.image for each in found] == ["a.jpg", "day/b.PNG"]
    assert all(each.annotation is None and not each.objects for each in found)
    assert list(listing.stray) == ["c.tiff"]


def test_boxes_that_are_left_out_are_counted(tmp_path):
    box = {"label": "cat", "x": 1, "y": 1, "w": 2, "h": 2}
    table, media = written(tmp_path, [([box, {**box, "crowd": True}], [], "a.jpg")])
    assert plugin.write(table, media, tmp_path / "out") == {"boxes": 2}
