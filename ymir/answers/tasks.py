"""Answers as Label Studio exports them: a JSON list of tasks, with what each person said.

A task that was skipped is skipped, one with several annotations has several answers, and one that
has only a draft or a prediction is outstanding.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from ymir.answers.dropped import PLACE, Dropped, Files, Sent
from ymir.answers.rows import Said
from ymir.data.answers import LABELLED, SKIPPED
from ymir.errors import DataError
from ymir.layouts.documents import lists_in
from ymir.layouts.masks import MaskError
from ymir.layouts.names import Names, NoImageError
from ymir.layouts.regions import Region, dicts_in, regions_of, size_of
from ymir.layouts.shapes import drawn
from ymir.layouts.tasks import image_of
from ymir.layouts.written import WrittenError

_Row = Mapping[str, Any]


def tasks(files: Dropped, documents: Iterable[str], sent: Files) -> Iterator[Said]:
    """An answer per annotation; of one that several exports hold, the newest."""
    names = Names.of(PLACE + name for name in sent)
    newest: dict[object, Said] = {}
    for document in documents:
        for number, (key, said) in enumerate(_document(files, document, names, sent)):
            key = (document, number) if key is None else key
            before = newest.get(key)
            if before is None or (before.at or "") <= (said.at or ""):
                newest[key] = said
    yield from newest.values()


def _document(
    files: Dropped, document: str, names: Names, sent: Files
) -> Iterator[tuple[object, Said]]:
    """Every answer in one file, with what names it in all exports."""
    try:
        for task in lists_in(files.folder / document).get("", ()):
            if not isinstance(task, dict) or not isinstance(task.get("data"), dict):
                problem = "it is no export of Label Studio: export the project as JSON"
                yield None, Said("", document, problem=problem)
                return
            yield from _task(task, document, names, sent)
    except DataError as error:
        yield None, Said("", document, problem=str(error))


def _task(task: _Row, document: str, names: Names, sent: Files) -> Iterator[tuple[object, Said]]:
    source = f"{document}: task {task.get('id')}"
    try:
        given = dicts_in(task.get("annotations", task.get("completions")))
        if given:
            key = sent[image_of(task["data"], names).removeprefix(PLACE)]
            for each in given:
                name = _name(each)
                yield name and (*key, name), _answer(each, key, source)
    except (WrittenError, NoImageError) as error:
        yield None, Said("", source, problem=str(error))


def _name(given: _Row) -> str | None:
    """What tells an answer from all others to its image, also those of another server."""
    own = (given.get("id"), given.get("completed_by"), given.get("created_at"))
    return repr(given.get("unique_id") or own) if given.get("id") else None


def _answer(given: _Row, key: Sent, source: str) -> Said:
    """What one person said of one image."""
    who = _who(given.get("completed_by"))
    said = Said(
        key.image,
        f"{source} of {who}" if who else source,
        copy=key.copy,
        state=SKIPPED if given.get("was_cancelled") else LABELLED,
        by=who,
        at=_text(given.get("updated_at") or given.get("created_at")),
        seconds=_seconds(given.get("lead_time")),
        star=bool(given.get("ground_truth")),
    )
    if said.state == SKIPPED:
        return said
    try:
        results = dicts_in(given.get("result"))
        objects = [_object(each) for each in regions_of(results) if each.shape or each.labels]
        return replace(said, objects=objects, declared=size_of(results))
    except (WrittenError, MaskError) as error:
        return replace(said, problem=str(error))


def _object(region: Region) -> dict[str, Any]:
    if region.shape is None:
        raise WrittenError(f"a region is a `{region.kinds[0]}`, which is no box")
    return region.as_object(drawn(region.kind, region.shape))


def _who(written: object) -> str | None:
    if isinstance(written, dict):
        written = written.get("email") or written.get("id")
    return str(written) if isinstance(written, str | int) else None


def _text(written: object) -> str | None:
    return written if isinstance(written, str) else None


def _seconds(written: object) -> float | None:
    return float(written) if isinstance(written, int | float) and written >= 0 else None
