from pathlib import Path

from tests.media.pictures import picture, put
from tests.survey.folders import NAMES, folder_of, yard
from ymir.survey.look import look
from ymir.survey.proposal import Cut, Folders, Imported, propose


def test_what_is_missing_is_cut_off_and_no_clip_is_on_two_sides(tmp_path: Path) -> None:
    found = propose("pets", Folders(look(yard("coco", tmp_path / "yard"))))
    whole, *cuts = found.datasets
    assert isinstance(whole, Imported)
    assert whole.grouping is not None
    assert whole.grouping.tag == "clip"
    assert [each.name for each in cuts] == ["pets-train", "pets-val", "pets-test"]
    assert {each.by for each in cuts if isinstance(each, Cut)} == {"clip"}
    assert found.roles == {
        "training": "pets-train",
        "validation": "pets-val",
        "testing": "pets-test",
        "mining": "pets-train",
    }


def splits(folder: Path, **names: range) -> Path:
    shots = dict.fromkeys(NAMES, ("cat",))
    made = folder_of("voc", folder, shots)
    stems = sorted(path.stem for path in (made / "JPEGImages").iterdir())
    for split, chosen in names.items():
        text = "".join(f"{stems[at]}\n" for at in chosen)
        put(made / "ImageSets" / "Main" / f"{split}.txt", text)
    return made


def test_splits_of_the_layout_are_kept(tmp_path: Path) -> None:
    folder = splits(
        tmp_path / "a",
        train=range(40),
        trainval=range(50),
        val=range(40, 50),
        test=range(50, 60),
    )
    found = propose("pets", Folders(look(folder)))
    assert [
        (each.name, each.split, each.images.height)
        for each in found.datasets
        if isinstance(each, Imported)
    ] == [("pets-train", "train", 40), ("pets-val", "val", 10), ("pets-test", "test", 10)]


def test_a_split_of_what_is_not_labelled_is_the_pool(tmp_path: Path) -> None:
    folder = splits(tmp_path / "a", trainval=range(40), test=range(40, 50), rest=range(50, 60))
    found = propose("pets", Folders(look(folder)))
    assert found.pool is not None
    assert (found.pool.name, found.pool.split) == ("pets-pool", "rest")
    assert found.roles["mining"] == "pets-pool"
    assert [each.name for each in found.datasets][:3] == ["pets-labelled", "pets-train", "pets-val"]


def test_a_validation_split_alone_is_what_people_compare_by(tmp_path: Path) -> None:
    folder = splits(tmp_path / "a", train=range(45), val=range(45, 60))
    found = propose("pets", Folders(look(folder)))
    names = [(each.name, type(each).__name__) for each in found.datasets]
    assert names == [
        ("pets-labelled", "Imported"),
        ("pets-train", "Cut"),
        ("pets-val", "Cut"),
        ("pets-test", "Imported"),
    ]


def test_a_testing_split_without_labels_is_none(tmp_path: Path) -> None:
    folder = splits(tmp_path / "a", train=range(45), test=range(45, 60))
    for each in (folder / "ImageSets" / "Main" / "test.txt").read_text().split():
        (folder / "Annotations" / f"{each}.xml").unlink()
    found = propose("pets", Folders(look(folder)))
    assert [each.name for each in found.datasets if isinstance(each, Cut)] == [
        "pets-train",
        "pets-val",
        "pets-test",
    ]


def test_folders_of_their_own_win(tmp_path: Path) -> None:
    testing = folder_of("coco", tmp_path / "t", {"1.jpg": ("dog",)}, first=100)
    put(tmp_path / "p" / "new.jpg", picture(200))
    folders = Folders(
        look(yard("voc", tmp_path / "a")), testing=look(testing), mining=look(tmp_path / "p")
    )
    found = propose("pets", folders)
    assert [(type(each).__name__, each.name) for each in found.datasets] == [
        ("Imported", "pets-labelled"),
        ("Cut", "pets-train"),
        ("Cut", "pets-val"),
        ("Imported", "pets-test"),
        ("Imported", "pets-pool"),
    ]
    assert found.roles["mining"] == "pets-pool"
    assert found.classes == {"cat": (60, 60), "dog": (21, 21)}
