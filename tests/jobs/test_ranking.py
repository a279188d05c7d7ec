from math import isfinite
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.jobs.examples import A, B, images
from ymir.data.table import table
from ymir.errors import ResultError
from ymir.jobs.ranking import Ranked, read_mining


def read(out: Path, text: str) -> Ranked:
    (out / "result.tsv").write_text(text)
    return read_mining(out, images())


def test_the_best_score_comes_first(tmp_path: Path) -> None:
    ranked = read(tmp_path, f"/in/assets/bb/{B}.png\t3e2\n/in/assets/aa/{A}.jpg\t0.25\n")
    assert list(ranked.images.iter_rows()) == [(B, 300.0), (A, 0.25)]
    assert ranked.remarks == ()


def test_equal_scores_are_ordered_by_image(tmp_path: Path) -> None:
    ranked = read(tmp_path, f"{B}.png\t1\n{A}.jpg\t1\n")
    assert list(ranked.images.iter_rows()) == [(A, 1.0), (B, 1.0)]
    assert ranked.remarks == ()


@pytest.mark.parametrize(
    ("text", "order", "bent"),
    [
        (f"{A}.jpg\t0.9\tx\ty\n\n{B}.png\t-1.3\tz", [A, B], {}),
        (f"{A}.jpg\t1\n{B}.png\t2\n", [B, A], {"unsorted": 1}),
        (f"{A}.jpg 2\n{B}.png  1\n", [A, B], {"blank-for-tab": 2}),
        (f"{A}.jpg\t-inf\n{B}.png\t-1.3\n", [B, A], {"score-not-finite": 1, "unsorted": 1}),
        (f"{A}.jpg\tnan\n{B}.png\t-inf\n", [B, A], {"score-not-finite": 2}),
        (f"{B}.png\tinf\n{A}.jpg\t7\n", [B, A], {"score-not-finite": 1}),
        (f"{A}.jpg\t1\n", [A], {"image-unranked": 1}),
        (f"{A}.jpg\t1\n{A}.jpg\t2\n{B}.png\t0\n", [A, B], {"image-ranked-twice": 1}),
        (f"other.jpg\t1\n{A}.jpg\t1\n{B}.png\t0\n", [A, B], {"image-unknown": 1}),
        (f"{B}.png\t(1, 2)\n{A}.jpg\t9\n", [B, A], {"score-not-a-number": 1}),
        (f"{B}.png\n{A}.jpg\n", [B, A], {"score-not-a-number": 2}),
        (f"{B}.png\t(1, 2)\n{A}.jpg\tnan\n", [B, A], {"score-not-a-number": 1}),
    ],
)
def test_what_can_be_understood_is_read_and_remarked_on(
    tmp_path: Path, text: str, order: list[str], bent: dict[str, int]
) -> None:
    ranked = read(tmp_path, text)
    assert ranked.images["image"].to_list() == order
    assert {each.rule: each.count for each in ranked.remarks} == bent


def test_scores_are_finite_or_all_unknown(tmp_path: Path) -> None:
    numbers = read(tmp_path, f"{A}.jpg\t-inf\n{B}.png\tnan\n").images["score"]
    assert all(isfinite(each) for each in numbers)
    assert read(tmp_path, f"{A}.jpg\t1\n{B}.png\tx\n").images["score"].to_list() == [None, None]


@given(st.lists(st.floats(width=32), min_size=1, max_size=20, unique_by=str))
def test_the_order_is_that_of_the_scores_with_nan_last(
    tmp_path_factory: pytest.TempPathFactory, scores: list[float]
) -> None:
    out = tmp_path_factory.mktemp("out")
    names = [f"{number:032x}" for number in range(len(scores))]
    (out / "result.tsv").write_text(
        "".join(f"{name}.jpg\t{score}\n" for name, score in zip(names, scores, strict=True))
    )
    known = table([{"image": name} for name in names])
    ranked = read_mining(out, known).images
    truth = dict(zip(names, scores, strict=True))
    read_back = [truth[name] for name in ranked["image"]]
    usual = [each for each in read_back if each == each]  # NaN is not
    assert usual == sorted(usual, reverse=True)
    assert read_back[: len(usual)] == usual
    assert ranked["score"].is_finite().all()
    assert ranked["score"].to_list() == ranked.sort("score", descending=True)["score"].to_list()


@pytest.mark.parametrize("text", ["", "\n\n", "other.jpg\t1\n", "\x00\x01"])
def test_a_ranking_without_a_known_image_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ResultError) as caught:
        read(tmp_path, text)
    assert str(caught.value) == "result.tsv: none of the 2 images is ranked"


def test_nothing_is_ranked_where_nothing_was_asked_for(tmp_path: Path) -> None:
    (tmp_path / "result.tsv").write_text("")
    assert read_mining(tmp_path, images().clear()).images.is_empty()


def test_no_ranking_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ResultError, match=r"`result.tsv` is missing"):
        read_mining(tmp_path, images())
