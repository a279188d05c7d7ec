"""What a model finds is found piece by piece, and each piece once."""

import json
from pathlib import Path

import pytest

from tests.comparison.contest import contest
from tests.package.packed import repacked
from ymir.cli.compare import Here, read_records
from ymir.comparison.entrants import entrants
from ymir.comparison.finding import FOLDER, Search, findings
from ymir.comparison.ground import chosen_ground, truth_of
from ymir.errors import ResultError

PACKAGE = "data/rounds/pets/1/pets-r1.tar.gz"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return contest(tmp_path_factory.mktemp("contest") / "pets").root


def search(root: Path, told: list[tuple[str, float]], batch: int = 12) -> Search:
    records = read_records(root)
    ground = chosen_ground(["test"], records)

    def tell(name: str, share: float) -> None:
        told.append((name, share))

    return Search(ground, truth_of(ground, records), records, Here(root), tell, batch)


def test_a_piece_that_is_missing_is_found_anew_and_the_others_stay(root: Path) -> None:
    told: list[tuple[str, float]] = []
    looking = search(root, told)
    entrant, _ = entrants([str(root / PACKAGE), "pets"], looking.records)
    first = findings(entrant, looking).images
    files = sorted((root / FOLDER).glob("*/*.parquet"))
    assert [path.name for path in files] == ["0001.parquet", "0002.parquet", "0003.parquet"]
    assert [share for _, share in told] == sorted(share for _, share in told)
    assert told[-1] == (entrant.name, 1.0)
    before = [path.stat().st_ino for path in files]
    files[1].unlink()
    told.clear()
    assert findings(entrant, looking).images.equals(first)
    after = [path.stat().st_ino for path in files]
    assert (before[0], before[2]) == (after[0], after[2])
    told.clear()
    assert findings(entrant, looking).images.equals(first)
    assert told == []


def test_what_the_record_of_a_round_says_is_what_its_package_finds(root: Path) -> None:
    looking = search(root, [])
    package, place = entrants([str(root / PACKAGE), "pets/r1"], looking.records)
    ran, recorded = findings(package, looking), findings(place, looking)
    assert (ran.role, recorded.role) == (None, "testing")
    columns = ["image", "objects"]
    assert (
        ran.images.select(columns)
        .sort("image")
        .equals(recorded.images.select(columns).sort("image"))
    )


def test_other_weights_other_pieces_and_other_images_are_kept_apart(
    root: Path, tmp_path: Path
) -> None:
    memory = json.dumps({"17-61-113": "dog"}).encode()
    changed = {"best/memory.json": memory, "attachments/about/SHA256SUMS": None}
    other = repacked(root / PACKAGE, tmp_path / "other.tar.gz", **changed)
    records = search(root, []).records
    package, _, another = entrants([str(root / PACKAGE), "pets", str(other)], records)
    made = set()
    for entrant, batch in ((package, 30), (another, 30), (package, 15)):
        before = {*(root / FOLDER).iterdir()}
        findings(entrant, search(root, [], batch))
        (new,) = {*(root / FOLDER).iterdir()} - before
        made.add(new)
    assert len(made) == 3


def test_a_run_that_fails_leaves_nothing_that_looks_found(root: Path, tmp_path: Path) -> None:
    broken = repacked(
        root / PACKAGE,
        tmp_path / "broken.tar.gz",
        **{"best/memory.json": b"half {", "attachments/about/SHA256SUMS": None},
    )
    looking = search(root, [])
    entrant, _ = entrants([str(broken), "pets"], looking.records)
    before = {*(root / FOLDER).iterdir()}
    with pytest.raises(ResultError, match="the executor failed") as said:
        findings(entrant, looking)
    assert "ymir jobs logs predict-" in str(said.value.hint)
    assert {*(root / FOLDER).iterdir()} == before
