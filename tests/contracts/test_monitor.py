import pytest

from ymir.contracts.monitor import Progress, read_monitor


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
        "t1 1 0.5 2\n",
        "t1\t1\t0.5\t9\n",
        "t\t1\tnan\t2",
        "t\t1\t.5\tdone",
        "t1\t1\t0.5\t4\tfailed\n",
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
