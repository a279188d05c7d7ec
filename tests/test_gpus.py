import os
from pathlib import Path

from ymir.gpus import Gpu, Slots, choose, listed, missing, visible

CARDS = tuple(Gpu(number, f"GPU-{number}a{number}", "NVIDIA H200", 143771) for number in range(3))


def numbers(found: tuple[Gpu, ...]) -> list[int]:
    return [each.index for each in found]


def test_lines_of_the_drivers_tool_are_read_and_others_skipped() -> None:
    text = "0, GPU-0a0, NVIDIA H200, 143771\n1, GPU-1a1, NVIDIA H200, [N/A]\nNo devices found\n"
    assert listed(text) == (CARDS[0], Gpu(1, "GPU-1a1", "NVIDIA H200", 0))


def test_the_environment_limits_and_orders_what_jobs_may_have() -> None:
    assert visible(CARDS, None) == CARDS
    assert numbers(visible(CARDS, "2,0")) == [2, 0]
    assert numbers(visible(CARDS, "GPU-1a1, 0")) == [1, 0]
    assert numbers(visible(CARDS, "GPU-1")) == [1]


def test_as_with_cuda_a_name_that_is_none_ends_the_list() -> None:
    for told in ("", "-1", "7", "GPU-", "NoDevFiles"):
        assert visible(CARDS, told) == ()
    assert numbers(visible(CARDS, "1,-1,2")) == [1]
    assert numbers(visible(CARDS, "1,1,2")) == [1]


def test_the_first_free_ones_are_chosen() -> None:
    assert choose(2, CARDS, {"GPU-0a0"}) == CARDS[1:]
    assert choose(0, CARDS, set()) == ()


def test_with_too_few_free_ones_a_job_has_to_wait() -> None:
    assert choose(2, CARDS, {"GPU-0a0", "GPU-2a2"}) is None


def test_what_is_missing_is_said_with_what_there_is() -> None:
    assert missing(0, ()) is None
    assert missing(3, CARDS) is None
    assert missing(1, ()) == (
        "1 GPU asked for, and this machine has none (`nvidia-smi` lists no GPU)"
    )
    assert missing(4, CARDS) == "4 GPUs asked for, and this machine has 3"


def test_a_gpu_is_taken_as_long_as_a_process_has_its_lock(tmp_path: Path) -> None:
    slots = Slots(tmp_path / "slots")
    lock = slots.take(CARDS[1])
    assert Slots(tmp_path / "slots").taken(CARDS) == {"GPU-1a1"}
    os.close(lock)
    assert not slots.taken(CARDS)


def test_everybody_may_lock_what_anybody_made(tmp_path: Path) -> None:
    slots = Slots(tmp_path / "slots")
    os.close(slots.take(CARDS[0]))
    assert slots.folder.stat().st_mode & 0o7777 == 0o1777
    assert (slots.folder / "GPU-0a0").stat().st_mode & 0o444 == 0o444
