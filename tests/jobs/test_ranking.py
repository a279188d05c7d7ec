from pathlib import Path

import pytest

from tests.jobs.examples import A, B, images
from ymir.errors import ResultError
from ymir.jobs.ranking import read_mining


def read(out: Path, text: str) -> list[tuple[str, float | None]]:
    (out / "result.tsv").write_text(text)
    return list(read_mining(out, images()).images.iter_rows())


def test_the_best_score_comes_first_whatever_the_files_order(tmp_path: Path) -> None:
    text = f"/in/assets/aa/{A}.jpg\t0.25\n/in/assets/bb/{B}.png\t3e2\n"
    assert read(tmp_path, text) == [(B, 300.0), (A, 0.25)]


def test_equal_scores_are_ordered_by_image(tmp_path: Path) -> None:
    assert read(tmp_path, f"{B}.png\t1\n{A}.jpg\t1\n") == [(A, 1.0), (B, 1.0)]


def test_scores_may_be_negative_and_infinite_and_more_columns_follow(tmp_path: Path) -> None:
    text = f"{A}.jpg\t-inf\tx\ty\n\n{B}.png\t-1.3\tz"
    assert read(tmp_path, text) == [(B, -1.3), (A, float("-inf"))]


def test_the_files_order_holds_where_scores_are_no_numbers(tmp_path: Path) -> None:
    assert read(tmp_path, f"{B}.png\t(1, 2)\n{A}.jpg\t9\n") == [(B, None), (A, None)]
    assert read(tmp_path, f"{B}.png\n{A}.jpg\n") == [(B, None), (A, None)]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", f"2 of 2 images are not ranked, {A} for one"),
        (f"{A}.jpg\t1\n", f"1 of 2 images are not ranked, {B} for one"),
        (f"{A}.jpg\t1\n{A}.jpg\t2\n", f"line 2: image {A} is ranked twice"),
        ("other.jpg\t1\n", "line 1: `other.jpg` is not an image that was asked for"),
        (f"{A}.jpg\t1\n{B}.png\tnan\n", f"the score of {B} is NaN"),
        (f"{A}.jpg\t(1, 2)\n{B}.png\tnan\n", f"the score of {B} is NaN"),
    ],
)
def test_a_lying_ranking_is_one_clear_line(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(ResultError) as caught:
        read(tmp_path, text)
    assert str(caught.value) == f"result.tsv: {why}"


def test_no_ranking_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ResultError, match=r"`result.tsv` is missing"):
        read_mining(tmp_path, images())
