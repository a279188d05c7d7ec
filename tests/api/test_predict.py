"""What a model finds, as frames."""

import pytest

from tests.workspaces import Workspace as Typed
from ymir import Workspace
from ymir.api.predict import Predictions
from ymir.errors import DataError, SpecError


@pytest.fixture(scope="module")
def found(done: Typed) -> Predictions:
    return Workspace(done.root).predict("pets", done.root / "raw" / "base" / "JPEGImages")


def test_a_projects_newest_model_looks_at_a_folder(found: Predictions, done: Typed) -> None:
    truth = Workspace(done.root).dataset("base").boxes()
    assert found.images().height == 6
    assert found.images()["boxes"].sum() == found.boxes().height
    boxes = found.boxes()
    assert boxes.columns == ["name", "label", "x", "y", "w", "h", "score"]
    assert set(boxes.select("x", "y", "label").rows()) == set(
        truth.select("x", "y", "label").rows()
    )
    assert boxes["score"].min() >= found.threshold


def test_it_leaves_nothing_behind_and_says_nothing(done: Typed, capfd) -> None:
    lines = list[str]()
    photo = done.root / "raw" / "base" / "JPEGImages" / "base-000.png"
    before = sorted(done.root.glob(".ymir/jobs/*"))
    package = done.root / "data" / "rounds" / "pets" / "1" / "pets-r1.tar.gz"
    for model in ("pets/r1", package):
        one = Workspace(done.root).predict(model, photo, threshold=0.0, progress=lines.append)
        assert one.images()["name"].to_list() == ["base-000.png"]
        assert one.threshold == 0.0
    assert lines == ["1 of 1 images"] * 2
    assert sorted(done.root.glob(".ymir/jobs/*")) == before
    assert capfd.readouterr() == ("", "")
    assert done.run("git", "status", "--porcelain") == ""


def test_what_cannot_be_looked_at_is_said(done: Typed, tmp_path) -> None:
    here = Workspace(done.root)
    photos = tmp_path / "photos"
    photos.mkdir()
    with pytest.raises(DataError, match="there is no JPEG or PNG"):
        here.predict("pets", photos)
    whole = (done.root / "raw" / "base" / "JPEGImages" / "base-001.png").read_bytes()
    (photos / "whole.png").write_bytes(whole)
    (photos / "broken.png").write_bytes(whole[:90])
    found = here.predict("pets", [photos])
    assert found.images()["name"].to_list() == ["whole.png"]
    assert "broken.png" in found.skipped
    with pytest.raises(SpecError, match="no model called `pest`"):
        here.predict("pest", photos)


def test_a_notebook_shows_the_boxes(found: Predictions) -> None:
    assert "score" in found._repr_html_()
