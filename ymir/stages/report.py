"""The pages of a project, and the metrics that `dvc metrics diff` compares."""

import json
import os
import shutil
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from pydantic import JsonValue

from ymir.contracts.backend import Job
from ymir.contracts.store import Store
from ymir.dvc.files import write_whole
from ymir.metrics.figures import figures
from ymir.plan.history import MINING, judged_rounds
from ymir.plan.snapshot import Facts, Version
from ymir.report.album.building import BESIDE
from ymir.report.album.thumbs import CACHE, Places
from ymir.report.collect.mining import mining
from ymir.report.names import page_of
from ymir.report.record import ProjectRecord, RoundRecord, at_hand
from ymir.report.write import write_reports
from ymir.stages.kind import Work
from ymir.stages.recorded import project_record

METRICS = "metrics.json"


def jobs(work: Work) -> tuple[Job, ...]:
    """Done here, without an executor."""
    return ()


def make(work: Work, into: Path) -> Facts:
    """`index.html` and a page per round; pages whose rounds have not changed are taken over."""
    record = project_record(work, judged_rounds(work.stage.inputs))
    keys = {page_of(each.number): _key(record, each) for each in record.rounds}
    kept = taken_over(work.store, work.stage.name, keys, into)
    newest = record.rounds[-1]
    changed = {each.number for each in record.rounds if page_of(each.number) not in kept}
    write_reports(record, places(work, into), changed | {newest.number})
    labels = record.labels_before(newest.number)
    metrics = figures(newest.testing, number=newest.number, labels=labels)
    write_whole(into / METRICS, json.dumps(metrics, indent=1) + "\n")
    known: Facts = {"round": newest.number, "says": newest.decision.says, "pages": dict(keys)}
    found = mining(record, newest.number)
    return {**known, MINING: {"verdict": found.verdict, "says": found.says}} if found else known


def places(work: Work, into: Path) -> Places:
    """Where pictures come from, where small copies are kept, and where they go."""
    return Places(at_hand(work.media), work.workspace / ".ymir" / CACHE, into)


def _key(project: ProjectRecord, record: RoundRecord) -> str:
    """Says what a round's page is made from: nothing later than the round is among it."""
    control = project.control.rounds if project.control else ()
    rounds = [*project.until(record.number), *(c for c in control if c.number <= record.number)]
    content: JsonValue = [
        record.decision.says,
        project.ymir,
        project.image,
        project.spec.model_dump(mode="json"),
        [[each.generation, *_digests(each.versions)] for each in rounds],
        _digests(project.datasets),
    ]
    return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def _digests(versions: Mapping[str, Version]) -> list[JsonValue]:
    return [f"{name} {version.digest}" for name, version in sorted(versions.items())]


def taken_over(store: Store, name: str, keys: Mapping[str, str], into: Path) -> set[str]:
    """Put the pages of the last report that are still right into `into`, with their pictures.

    `name` is the report's; `keys` say what each page is to be made from. Returns their names.
    """
    last = store.observe().get(name)
    made_from = last.facts.get("pages") if last else None
    if not isinstance(made_from, dict):
        return set()
    kept = {page for page, key in keys.items() if made_from.get(page) == key}
    if not kept:
        return kept
    html = store.open(name)
    for page in kept:
        _share(str(html / page), str(into / page))
    if (html / BESIDE).is_dir():
        shutil.copytree(html / BESIDE, into / BESIDE, copy_function=_share)
    return kept


def _share(source: str, target: str) -> None:
    """Neither is written again, but replaced: one file may stand in two folders."""
    try:
        os.link(source, target)
    except OSError:  # another file system, or too many links
        shutil.copy2(source, target)
