"""The scenes of a rehearsal, one after the other, and what each of them shows."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ymir.dvc.objects import md5_of_file
from ymir.errors import ResultError
from ymir.jobs.predictions import read_predictions
from ymir.jobs.request import Training, Weights
from ymir.jobs.training_result import read_training
from ymir.rehearsal.company import Company
from ymir.rehearsal.interruption import interruption
from ymir.rehearsal.judging import (
    are_alike,
    of_boxes,
    of_broken_data,
    of_ending,
    of_manual,
    of_monitor,
    of_result,
    summed,
)
from ymir.rehearsal.pictures import Pictures, odd, plain
from ymir.rehearsal.rules import Finding, breaks, holds, unchecked
from ymir.rehearsal.take import Take, act

Tell = Callable[[str], None]
_WALLS = ("no-root", "no-network")
STRANGER = 54321  # a user whom no image knows


def play(company: Company, tell: Tell) -> Iterator[Finding]:
    """Every scene that can be played; `tell` hears which one begins."""
    yield from of_manual(company.manual)
    pictures = plain(company.folder / "plain")
    tell("training")
    request = company.training(pictures)
    take = company.act("training", request)
    yield from _of_walls_nobody_needs(company)
    if not take.is_done and company.in_containers and _has_exited(take):
        company, take, found = _with_more(company, request, take, tell)
        yield from found
    elif take.is_done:
        yield from _of_walls_kept(company, request, tell)
    yield from _judged(take, request)
    if (weights := _weights(take)) is not None:
        yield from _with_model(company, pictures, weights, tell)
        yield from _again(company, pictures, take, weights, tell)
        yield from _odd(company, tell)
        yield from _broken(company, pictures, tell)
    if take.is_done or (take.ending and take.ending.how == "timeout"):
        tell("being stopped")
        yield from interruption(company, take)


def _judged(take: Take, request: Training) -> Iterator[Finding]:
    yield from of_ending(take)
    yield from of_monitor(take)
    yield from of_result(take, request)


def _weights(take: Take) -> Weights | None:
    """The model that a training left, if there is one."""
    try:
        stage = read_training(take.out).stage if take.is_done else None
    except ResultError:
        return None
    return Weights(stage.name, stage.files) if stage else None


def _has_exited(take: Take) -> bool:
    """By itself, and not for want of time."""
    return take.ending is None or take.ending.how == "exit"


def _of_walls_nobody_needs(company: Company) -> Iterator[Finding]:
    """What cannot be seen of a plain process."""
    if company.in_containers:
        return
    yield unchecked("within-limits", "a process has no limits but time")
    yield unchecked("no-network", "a process sees this machine's network")
    if os.getuid():
        yield holds("no-root", "ran as you")
    else:
        yield unchecked("no-root", "you are root, and so was the process")


def _of_walls_kept(company: Company, request: Training, tell: Tell) -> Iterator[Finding]:
    """A training ended well behind all walls; as yet another user, where you are root."""
    if not company.in_containers:
        return
    yield holds("within-limits")
    yield holds("no-network")
    if company.stranger is None:
        yield holds("no-root", "ran with your number")
        return
    tell(f"training, as user {STRANGER}")
    with _open_to_all():
        job = company.job("stranger", request)
        take = act("stranger", job, company.stranger)
    why = f"as user {STRANGER}: {take.why}"
    yield holds("no-root", f"ran as user {STRANGER}") if take.is_done else breaks("no-root", why)


@contextmanager
def _open_to_all() -> Iterator[None]:
    """Folders made meanwhile can be written to by anybody: they are for another user."""
    before = os.umask(0)
    try:
        yield
    finally:
        os.umask(before)


def _with_more(
    company: Company, request: Training, first: Take, tell: Tell
) -> tuple[Company, Take, list[Finding]]:
    """Play the training again with what it may be missing; what helps is what it needs."""
    for rules in (("no-root",), ("no-network",), _WALLS):
        allowed = company.allowed(
            root="no-root" in rules or None, network="no-network" in rules or None
        )
        tell(f"training, {_permitted(rules)}")
        take = allowed.act("-".join(("training", *rules)), request)
        if take.is_done:
            why = first.printed or first.why
            found = [breaks(rule, f"{why} (it works {_permitted((rule,))})") for rule in rules]
            return allowed, take, [*found, *(holds(rule) for rule in _WALLS if rule not in rules)]
    return company, first, []


def _permitted(rules: tuple[str, ...]) -> str:
    words = {"no-root": "`run_as_root: true`", "no-network": "`network: true`"}
    return "with " + " and ".join(words[rule] for rule in rules)


def _with_model(
    company: Company, pictures: Pictures, weights: Weights, tell: Tell
) -> Iterator[Finding]:
    """Inference, mining, and both in one."""
    if "infer" in company.tasks:
        tell("inference")
        request = company.inference(pictures, weights)
        take = company.act("infer", request)
        yield from (*of_ending(take), *of_monitor(take), *of_result(take, request))
        yield from of_boxes(take, request) if take.is_done else ()
    if "mining" not in company.tasks:
        why = "its image has no mining template"
        yield from (unchecked(rule, why) for rule in ("all-ranked", "ranking-sorted"))
        yield unchecked("both-at-once", why)
        return
    tell("mining")
    request = company.inference(pictures, weights, finding=False, ranking=True)
    take = company.act("mining", request)
    yield from (*of_ending(take), *of_monitor(take), *of_result(take, request))
    tell("mining and inference in one")
    request = company.inference(pictures, weights, ranking=True)
    take = company.act("both", request)
    yield summed("both-at-once", (*of_ending(take), *of_result(take, request)))


def _again(
    company: Company, pictures: Pictures, first: Take, weights: Weights, tell: Tell
) -> Iterator[Finding]:
    """The same training once more: the same bytes, or at least the same boxes."""
    tell("the same training again")
    take = company.act("again", company.training(pictures))
    second = _weights(take)
    if second is None:
        yield breaks("same-again", f"the second training failed: {take.why or 'no valid result'}")
    elif _digests(weights) == _digests(second):
        yield holds("same-again", "the same bytes")
    else:
        yield _compared(company, pictures, weights, second)


def _compared(company: Company, pictures: Pictures, one: Weights, two: Weights) -> Finding:
    tables = []
    for number, weights in enumerate((one, two), start=1):
        request = company.inference(pictures, weights)
        take = company.act(f"compared-{number}", request)
        try:
            tables.append(read_predictions(take.out, request.images, request.class_names).images)
        except ResultError as error:
            return unchecked("same-again", f"other bytes, and no boxes to compare: {error}")
    if are_alike(*tables):
        return holds("same-again", "other bytes, the same boxes")
    return breaks("same-again", "two trainings with equal seed, data and parameters differ")


def _digests(weights: Weights) -> dict[str, str]:
    return {name: md5_of_file(path) for name, path in weights.files.items()}


def _odd(company: Company, tell: Tell) -> Iterator[Finding]:
    """Train on odd pictures, and look at odd pictures."""
    tell("odd pictures")
    pictures = odd(company.folder / "odd-pictures")
    request = company.training(pictures)
    take = company.act("odd", request)
    found = [*of_ending(take), *of_result(take, request)]
    if (weights := _weights(take)) is not None and "infer" in company.tasks:
        looking = company.inference(pictures, weights)
        take = company.act("odd-infer", looking)
        found += [*of_ending(take), *of_result(take, looking)]
    yield summed("odd-data", found)


def _broken(company: Company, pictures: Pictures, tell: Tell) -> Iterator[Finding]:
    """Train on files that are no images, with annotations that are none."""
    tell("broken data")
    job = company.job("broken", company.training(pictures))
    for path in _inputs(job.folder / "in"):
        path.unlink()  # a link: what it leads to stays whole
        path.write_bytes(b"\x00this is not what it says\xff\n")
    yield of_broken_data(company.act("broken", company.training(pictures)))


def _inputs(folder: Path) -> list[Path]:
    files = [*(folder / "assets").rglob("*"), *(folder / "annotations").rglob("*")]
    return [path for path in files if path.is_file() or path.is_symlink()]
