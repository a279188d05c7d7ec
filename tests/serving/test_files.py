"""What is handed out: pages and what belongs to them, from their folders and no others."""

from pathlib import Path

import pytest

from ymir.serving.files import Served, find


@pytest.fixture
def roots(tmp_path: Path) -> dict[str, Path]:
    pages = tmp_path / "reports"
    for name in ("pets/html/r1.html", "site/models/pets-r1.tar.gz", "site/datasets/a/index.html",
                 f"pets/html/images/ab/{'ab' * 16}.webp", "index.html", "dvc.yaml", ".gitignore",
                 "pets/.hidden.html", "pets/html.dvc"):  # fmt: skip
        path = pages / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    (tmp_path / "secret.html").write_text("secret")
    (pages / "way-out.html").symlink_to(tmp_path / "secret.html")
    (pages / "up").symlink_to(tmp_path)
    (pages / "circle.html").symlink_to(pages / "circle.html")
    (pages / "here.html").symlink_to(pages / "index.html")
    anew = tmp_path / ".ymir" / "reports" / "pets"
    anew.mkdir(parents=True)
    (anew / "r1.html").write_text("anew")
    return {"/.ymir/reports/": tmp_path / ".ymir" / "reports", "/": pages}


def served(roots: dict[str, Path], asked: str) -> Served:
    found = find(roots, asked)
    assert found is not None, asked
    return found


def test_pages_packages_and_pictures_are_handed_out_as_what_they_are(roots) -> None:
    assert served(roots, "/pets/html/r1.html").headers["Content-Type"].startswith("text/html")
    package = served(roots, "/site/models/pets-r1.tar.gz").headers
    assert package["Content-Type"] == "application/gzip"
    assert package["Content-Disposition"] == 'attachment; filename="pets-r1.tar.gz"'
    picture = served(roots, f"/pets/html/images/ab/{'ab' * 16}.webp").headers
    assert picture["Content-Type"] == "image/webp"
    assert "immutable" in picture["Cache-Control"]
    assert served(roots, "/.ymir/reports/pets/r1.html").path.read_text() == "anew"


def test_a_folder_is_its_page_and_never_a_listing(roots) -> None:
    assert served(roots, "/site/datasets/a/").path.name == "index.html"
    for folder in ("/site/datasets/", "/site/datasets/a", "/pets/html/", "/site/"):
        assert find(roots, folder) is None


def test_a_link_inside_is_followed_and_one_that_leads_out_is_not(roots) -> None:
    assert served(roots, "/here.html").path.name == "index.html"
    for asked in ("/way-out.html", "/up/secret.html", "/up/reports/index.html/", "/circle.html"):
        assert find(roots, asked) is None, asked


@pytest.mark.parametrize(
    "asked",
    ["/../secret.html", "/pets/../../secret.html", "/.ymir/reports/../../secret.html",
     "/./index.html",
     "//etc/passwd", "/pets//html/r1.html", "/..\\secret.html", "/index.html\0.html", "\0", "",
     "secret.html", "/.gitignore", "/pets/.hidden.html", "/dvc.yaml", "/pets/html.dvc",
     "/%2e%2e/secret.html", "/~root/x.html", "/" + "a" * 5000 + ".html", "/.ymir/events.html",
     "/C:/x.html", "/pets/html/r1.html/"],
)  # fmt: skip
def test_whatever_else_is_asked_for_is_not_there(roots, asked: str) -> None:
    assert find(roots, asked) is None


def test_a_folder_that_is_not_there_has_nothing(tmp_path: Path) -> None:
    assert find({"/": tmp_path / "gone"}, "/index.html") is None
