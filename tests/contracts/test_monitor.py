import pytest
from hypothesis import given
from hypothesis import strategies as st

from ymir.contracts.monitor import Progress, read_monitor

FULL = Progress(1, 4, 300103, "OSError: full")


@pytest.mark.parametrize(
    ("text", "progress"),
    [
        ("t1\t1620640200.5\t0.25\t2\n", Progress(0.25, 2)),
        ("t1\t1620640200.5\t0.25\t2\t0\n", Progress(0.25, 2)),
        ("t1\t1620640200.5\t0.25\t2\t\n", Progress(0.25, 2)),
        ("t1\t1620640200.5\t0.25\t2", Progress(0.25, 2)),
        (
            "t1\t1\t1\t4\t300103\tCUDA: no room\nTraceback\n",
            Progress(1, 4, 300103, "CUDA: no room"),
        ),
        ("t1\t1\t1.5\t2\n", Progress(1.0, 2)),
        ("t1\t1\t-3\t2\n", Progress(0.0, 2)),
        ("t1\t1\tinf\t2\n", Progress(1.0, 2)),
        ("t1\t1\t0\t1\n", Progress(0.0, 1)),
        ("t1 1620640200.5 0.25 2\n", Progress(0.25, 2)),
        ("t1   1   1.00   4  300103  no room left\n", Progress(1, 4, 300103, "no room left")),
        ("t1\t1\t0.5\trunning\n", Progress(0.5, 2)),
        ("t1\t1\t0.5\tTaskState.DONE\n", Progress(0.5, 3)),
        ("t1\t1\t0.5\t2.0\n", Progress(0.5, 2)),
        ("t1\t1\tnan\t4\n", Progress(0.0, 4)),
        ("t1\t1\t0.5\t4\tno GPU\there\n", Progress(0.5, 4, 0, "no GPU here")),
        ("t1\t1\t0.5\t4\t300201.0\n", Progress(0.5, 4, 300201)),
        ("t1\t1\t0.5\t2\r\n", Progress(0.5, 2)),
        ("t1\t1\t1\t4\t300103\nTraceback\n  File x\nOSError: full\n\n", FULL),
        ("t1\t1\t1\t4\t300103\tdisk\nTraceback\n", Progress(1, 4, 300103, "disk")),
        ("t1\t1\t0.5\t2\nepoch 3\n", Progress(0.5, 2)),
    ],
)
def test_every_form_that_executors_write_is_read(text: str, progress: Progress) -> None:
    assert read_monitor(text) == progress


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "t1\t1",
        "t1\t1\t0.5",
        "t1 1 0.5\n",
        "t1 2022-01-01 10:00:00 0.5 2\n",
        "t1\t1\t0.5\t\n",
        "t1\t1\t0.5\t-1\n",
        "t1\t1\t0.5\tinf\n",
        "t1\t1\t0.5\t9\n",
        "t\t1\t.5\twell",
        "epoch 1 of 10\n",
        "\x00\xff garbage",
    ],
)
def test_what_is_empty_or_garbage_says_nothing(text: str) -> None:
    assert read_monitor(text) is None


@pytest.mark.parametrize(
    ("progress", "why"),
    [
        (Progress(1, 4, 300103, "16 GiB"), "out of memory (code 300103): 16 GiB"),
        (Progress(1, 4, 180103), "out of memory (code 180103)"),
        (Progress(1, 4, 160004), "failed (code 160004)"),
        (Progress(1, 4, 0, "sorry"), "sorry"),
        (Progress(1, 4), ""),
    ],
)
def test_a_code_is_said_in_words(progress: Progress, why: str) -> None:
    assert progress.why == why


def test_a_flood_behind_the_line_is_not_read_to_its_end() -> None:
    flood = "t1\t1\t1\t4\n" + "first\n" * 50 + "\n" * 60 + "last\n"
    assert read_monitor(flood) == Progress(1, 4, 0, "first")


def test_a_share_may_go_backwards() -> None:
    said = [read_monitor(f"t1\t1\t{share}\t2\n") for share in (0.2, 0.0, 1.0, 0.2)]
    assert [each.share for each in said if each] == [0.2, 0.0, 1.0, 0.2]


@given(st.text())
def test_whatever_stands_there_is_understood_or_says_nothing(text: str) -> None:
    said = read_monitor(text)
    assert said is None or (0 <= said.share <= 1 and "\n" not in said.message)


@given(st.lists(st.text(alphabet="0123456789.e-infa \t\n"), max_size=7))
def test_columns_of_any_kind_are_understood_or_say_nothing(columns: list[str]) -> None:
    said = read_monitor("\t".join(columns))
    assert said is None or 0 <= said.share <= 1
