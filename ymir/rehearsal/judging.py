"""What a take says of the rules: its ending, its monitor, its result."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise

import polars as pl

from ymir.contracts.monitor import FAILED, read_monitor
from ymir.errors import ResultError
from ymir.jobs.predictions import read_predictions
from ymir.jobs.ranking import read_mining
from ymir.jobs.remarks import Remark
from ymir.jobs.request import Inference, Request, Training
from ymir.jobs.training_result import read_training
from ymir.rehearsal.rules import Finding, Verdict, breaks, holds, of_remark, tolerated, unchecked
from ymir.rehearsal.take import Take
from ymir.spec.manual import TASKS, Manual

_FEWEST_COLUMNS = 4
_WORKING = 2
_ALL = 0.995  # two decimals are usual
_ALIKE = 0.01  # pixels, and scores, summed over the objects of an image

# What a program says last when it ran into a wall -> the rule that keeps it from there.
_WALLS = (
    (r"(Read-only file system|Permission denied).*?['\"` ]/in(/|\b)", "in-untouched"),
    (r"Read-only file system|Permission denied|Operation not permitted", "no-root"),
    (r"must (be )?run as root|KeyError: 'getpwuid|uid not found", "no-root"),
    (
        r"Network is unreachable|name resolution|Name or service not known|resolve host",
        "no-network",
    ),
    (r"Resource temporarily unavailable|can't start new thread|Cannot fork", "within-limits"),
    (r"No space left|Disk quota|File too large|Cannot allocate memory", "within-limits"),
    (r"out of memory|MemoryError|disk is full|disk limit", "within-limits"),
)
# What the readers refuse -> the rule; whatever else they refuse is not a valid result.
_REFUSALS = (
    (
        r"result\.yaml: `(?!models/result\.yaml)[^`]*` (is missing|is not a file|points)",
        "files-listed",
    ),
    (r"result\.yaml: .*(must be a number from 0 to 1|seconds since 1970)", "files-listed"),
    (r"unknown class", "class-names"),
    (r"outside of its|negative size", "boxes-inside"),
    (r"score outside|not a number|holds (NaN|-?Infinity)", "scores"),
    (r"have no answer|has two answers|infer-result.*not an image that was asked", "all-answered"),
    (r"not ranked|ranked twice|result\.tsv.*(not an image that was asked|is NaN)", "all-ranked"),
)
_OF_BOXES = ("class-names", "boxes-inside", "scores")


def of_ending(take: Take) -> Iterator[Finding]:
    """Whether it ended, and well; what it ran into, where it says so."""
    yield from _of_scribbles(take)
    if take.is_done:
        yield from (holds(rule) for rule in ("starts", "ends-with-0", "ends-in-time"))
        return
    why, how = f"{take.scene}: {take.why}", take.ending.how if take.ending else "exit"
    if how == "unstartable":
        yield breaks("starts", why)
        return
    yield holds("starts")
    if how == "ended":  # by what kept it within its limits
        yield breaks("within-limits", why)
        return
    yield breaks("ends-in-time" if how == "timeout" else "ends-with-0", why)
    if rule := wall(take):
        yield breaks(rule, f"{take.scene}: {take.printed or take.why}")


def wall(take: Take) -> str | None:
    """The rule behind which a failed take was stopped, as far as its last words tell."""
    words = f"{take.why}\n{take.printed}"
    return next((rule for said, rule in _WALLS if re.search(said, words, re.IGNORECASE)), None)


def _of_scribbles(take: Take) -> Iterator[Finding]:
    if take.scribbled:
        more = len(take.scribbled) - 1
        also = f" and {more} more" if more else ""
        yield breaks("in-untouched", f"{take.scene}: changed in/{take.scribbled[0]}{also}")
    elif take.is_done:
        yield holds("in-untouched")


def of_monitor(take: Take) -> Iterator[Finding]:
    """The form of what `monitor.txt` said, and how its share went."""
    if not take.monitors:
        yield tolerated("monitor-form", f"{take.scene}: stayed empty, so nobody sees it work")
        return
    read = [read_monitor(text) for text in take.monitors]
    if read[-1] is None:
        yield breaks("monitor-form", f"{take.scene}: `{_shown(take.monitors[-1])}` is no such line")
        return
    yield _form(take)
    shares = [each.share for each in read if each is not None]
    falls = [(a, b) for a, b in pairwise(shares) if b < a]
    if falls:
        yield tolerated("share-rises", f"{take.scene}: fell from {falls[0][0]} to {falls[0][1]}")
    elif take.is_done and shares[-1] < _ALL:
        yield tolerated("share-rises", f"{take.scene}: ended at {shares[-1]}")
    elif take.is_done:
        yield holds("share-rises")


def _form(take: Take) -> Finding:
    columns = take.monitors[-1].partition("\n")[0].split("\t")
    share, state = float(columns[2]), int(columns[3])
    if not 0 <= share <= 1:
        return breaks("monitor-form", f"{take.scene}: the share is {share}, outside of 0..1")
    if state not in (_WORKING, FAILED):
        return tolerated("monitor-form", f"{take.scene}: state {state}, where 2 or 4 is meant")
    return holds("monitor-form")


def of_result(take: Take, request: Request) -> Iterator[Finding]:
    """What the loop's own readers make of the result."""
    if not take.is_done:
        return
    if isinstance(request, Training):
        yield from _read(take, lambda: read_training(take.out).remarks, ("files-listed",))
        return
    if request.is_finding:
        yield from _read(take, lambda: _found(take, request), ("all-answered",))
    if request.is_ranking:
        rules = ("all-ranked", "ranking-sorted")
        yield from _read(take, lambda: read_mining(take.out, request.images).remarks, rules)


def _read(
    take: Take, read: Callable[[], Iterable[Remark]], rules: Sequence[str]
) -> Iterator[Finding]:
    """The refusal of a reader, or its remarks, and the rules that it has found to be kept."""
    try:
        remarks = list(read())
    except ResultError as error:
        yield of_refusal(take.scene, str(error))
        return
    for each in remarks:
        yield of_remark(each.rule, f"{take.scene}: {each}")
    yield from (holds(rule) for rule in ("result-valid", *rules))


def of_refusal(scene: str, why: str) -> Finding:
    """The rule that a reader's refusal names."""
    found = (rule for said, rule in _REFUSALS if re.search(said, why))
    return breaks(next(found, "result-valid"), f"{scene}: {why}")


def _found(take: Take, request: Inference) -> Iterable[Remark]:
    return read_predictions(take.out, request.images, request.class_names).remarks


def of_boxes(take: Take, request: Inference) -> Iterator[Finding]:
    """Whether there were boxes whose names, places and scores could be looked at."""
    try:
        found = read_predictions(take.out, request.images, request.class_names).images
    except ResultError:
        return
    has_boxes = bool(found["objects"].list.len().sum())
    for rule in _OF_BOXES:
        yield holds(rule) if has_boxes else unchecked(rule, f"{take.scene} found no object")


def of_manual(manual: Manual | None) -> Iterator[Finding]:
    """What can be said of `/img-man`, without running anything."""
    if manual is None:
        yield unchecked("manual", "a command has none")
        return
    yield from (breaks("manual", f"img-man/{fault}") for fault in manual.faults)
    if manual.is_silent:
        yield tolerated("manual", "there is none: nobody can check parameters before a job starts")
        return
    missing = [task for task in TASKS if task not in manual.templates]
    if missing:
        yield tolerated("manual", f"no template for {', '.join(missing)}")
    yield holds("manual")
    nested = [
        f"`{key}` of {task}"
        for task, template in manual.templates.items()
        for key, value in template.items()
        if value is None or isinstance(value, dict)
    ]
    if nested:
        yield tolerated("manual-defaults", f"no plain default: {', '.join(nested)}")
    yield holds("manual-defaults")


def of_broken_data(take: Take) -> Finding:
    """Whether it says what is wrong when its data cannot be used."""
    last = read_monitor(take.monitors[-1]) if take.monitors else None
    if take.is_done:
        return tolerated("says-why", "trained on broken images and annotations as if all were well")
    if last is None or not last.has_failed:
        return tolerated("says-why", f"broken data: no state 4 in monitor.txt, and {take.why}")
    if not last.code:
        return tolerated("says-why", f"broken data: state 4 without a code: {last.message}")
    return holds("says-why", last.why)


def summed(rule: str, findings: Iterable[Finding], why: str = "") -> Finding:
    """One rule for all of these: broken by the first that is."""
    broken = next((each for each in findings if each.verdict is Verdict.BREAKS), None)
    return breaks(rule, broken.why) if broken else holds(rule, why)


def are_alike(one: pl.DataFrame, other: pl.DataFrame) -> bool:
    """Whether two models found the same: as many objects per image, at the same places."""
    columns = [pl.element().struct.field(name) for name in ("x", "y", "w", "h", "score")]
    sums = [pl.col("objects").list.eval(each.sum()).list.first() for each in columns]
    counts = pl.col("objects").list.len()
    left, right = (
        each.sort("image").select(counts.alias("n"), *(s.alias(str(i)) for i, s in enumerate(sums)))
        for each in (one, other)
    )
    if left["n"].to_list() != right["n"].to_list():
        return False
    gap = (left.fill_null(0) - right.fill_null(0)).select(pl.all().abs().max()).row(0)
    return all(value is not None and value < _ALIKE for value in gap)


def _shown(text: str) -> str:
    return repr(text[:60])[1:-1]
