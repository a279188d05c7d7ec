"""What `ymir init` asks, finds in the folders that it is shown, and writes about them."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer

from ymir.cli import console
from ymir.contracts.labeling import tools
from ymir.dvc.project import default_address
from ymir.errors import DataError, SpecError
from ymir.jobs.environment import bundled
from ymir.media.files import shown
from ymir.migration.names import dataset_names
from ymir.plugins import nearest
from ymir.survey.groups import Grouping
from ymir.survey.look import PLAIN, Survey, look
from ymir.survey.lottery import Draw
from ymir.survey.proposal import Cut, Folders, Imported, Proposal, propose
from ymir.survey.specs import Wish, specs_of
from ymir.survey.spellings import spellings

_IN_WORDS = {PLAIN: "images without labels", "labelstudio": "Label Studio", "yolo": "YOLO"}
_LONGEST = 40  # letters of a name
_MOST = 12  # classes that are listed


@dataclass(frozen=True)
class Shown:
    """The folders that people show, and what these do not say."""

    data: Annotated[
        Path | None,
        typer.Option(help="Labelled images: VOC, COCO, YOLO, Label Studio. Only read."),
    ] = None
    pool: Annotated[
        Path | None, typer.Option(help="Images to pick from, for people to label. Only read.")
    ] = None
    validation: Annotated[
        Path | None, typer.Option(help="Labelled images to watch by; else split off the data.")
    ] = None
    testing: Annotated[
        Path | None, typer.Option(help="Labelled images to judge on; else split off the data.")
    ] = None
    format: Annotated[
        str | None, typer.Option(help="How the data is laid out, where it is not recognised.")
    ] = None
    name: Annotated[
        str | None, typer.Option(help="The project's name; the folder's, if left out.")
    ] = None
    goal: Annotated[float, typer.Option(help="The mAP to reach.", min=0.01, max=1)] = 0.8
    executor: Annotated[str, typer.Option(help="Who trains: an executor that ships with ymir.")] = (
        "tinydet"
    )
    label: Annotated[str, typer.Option(help="With which tool people label what is picked.")] = (
        "folder"
    )


def asked(given: Shown) -> Shown:
    """Ask for the folders, on a terminal where none was named."""
    if given.data or given.pool or not (sys.stdin.isatty() and sys.stdout.isatty()):
        return given
    data = _folder("A folder with labelled images (Enter: none yet)")
    if data is None:
        return given
    return replace(
        given, data=data, pool=_folder("A folder with images to pick from (Enter: none)")
    )


def _folder(question: str) -> Path | None:
    while answer := typer.prompt(question, default="", show_default=False).strip():
        folder = _path(answer)
        if folder.is_dir():
            return folder
        console.out(f"there is no folder `{folder}`")
    return None


def _path(answer: str) -> Path:
    """What people type or paste; a terminal quotes what is dropped on it."""
    with suppress(ValueError):
        if len(words := shlex.split(answer)) == 1 and not Path(answer).exists():
            answer = words[0]
    return Path(answer).expanduser()


def specs_for(given: Shown, root: Path) -> Mapping[str, str]:
    """Look at what people show, say what is there, and write the specs: file name -> text."""
    if given.data is None:
        raise SpecError(
            "a project needs labelled images to begin with",
            hint="name their folder with `--data`; some fifty are enough, e.g. from Label Studio",
        )
    name = _name(given.name, root)
    _refuse_unknown(given)
    surveys = {role: _seen(folder, given, root) for role, folder in _folders(given).items()}
    for role in ("data", "validation", "testing"):
        if role in surveys:
            _refuse_unlabelled(surveys[role])
    proposal = propose(
        name,
        Folders(
            surveys["data"], surveys.get("validation"), surveys.get("testing"), surveys.get("pool")
        ),
    )
    console.out("\n".join([*_told(surveys), *_parted(proposal)]))
    outside = sorted(
        {place for e in surveys.values() if (place := _place(e.folder, root))[0] == "/"}
    )
    wish = Wish(name, given.goal, given.executor, given.label)
    remote = default_address(root)
    return specs_of(proposal, wish, lambda folder: _place(folder, root), outside, remote)


def inside(given: Shown, root: Path) -> list[str]:
    """The folders that were shown and lie in the workspace, as paths from there."""
    places = (_place(folder.resolve(), root) for folder in _folders(given).values())
    return sorted({place for place in places if not place.startswith("/")})


def _name(asked: str | None, root: Path) -> str:
    """The project's name; its datasets begin with it."""
    plain = dataset_names([asked or root.name])[asked or root.name][:_LONGEST]
    if asked not in (None, plain):
        raise SpecError(
            f"`{asked}` cannot be the name of a project",
            hint=f"a name has lower-case letters, digits and `-`, e.g. `{plain}`",
        )
    return plain


def _folders(given: Shown) -> Mapping[str, Path]:
    """Role -> its folder, of those that were named."""
    every = {
        "data": given.data,
        "validation": given.validation,
        "testing": given.testing,
        "pool": given.pool,
    }
    return {role: folder for role, folder in every.items() if folder is not None}


def _refuse_unknown(given: Shown) -> None:
    for what, name, known in (
        ("executor", given.executor, bundled()),
        ("label tool", given.label, tools.modules()),
    ):
        if name not in known:
            raise SpecError(f"there is no {what} called `{name}`", hint=nearest(name, known))


def _seen(folder: Path, given: Shown, root: Path) -> Survey:
    if not folder.is_dir():
        what = "is no folder" if folder.exists() else "does not exist"
        raise DataError(f"`{folder}` {what}", hint="name the folder that holds the images")
    folder = folder.resolve()
    if folder == root or folder in root.parents:
        raise SpecError(
            f"the workspace `{root}` lies in the folder of images, or is it",
            hint="make the workspace beside it: what ymir stores are images, too",
        )
    return look(folder, given.format if folder == (given.data or folder).resolve() else None)


def _refuse_unlabelled(survey: Survey) -> None:
    if not survey.boxes:
        said = "; ".join(survey.others) or "there is no annotation of a layout that is known"
        raise DataError(
            f"`{survey.folder}` has {survey.images.height:,} images and no box: {shown(said)}",
            hint="say how it is laid out with `--format`, or name it with `--pool`",
        )


def _place(folder: Path, root: Path) -> str:
    """A folder as specs write it: seen from the workspace where it lies in it."""
    return folder.relative_to(root).as_posix() if folder.is_relative_to(root) else str(folder)


def _told(surveys: Mapping[str, Survey]) -> Iterator[str]:
    for each in surveys.values():
        layout = _IN_WORDS.get(each.layout, each.layout.upper())
        yield f"{each.folder}: {layout}, {each.images.height:,} images, {each.boxes:,} boxes"
        classes = list(each.classes().items())
        width = max((len(label) for label, _ in classes), default=0)
        for label, (boxes, images) in classes[:_MOST]:
            yield f"  {shown(label):<{width}}  {boxes:>7,} boxes in {images:,} images"
        if len(classes) > _MOST:
            yield f"  and {len(classes) - _MOST} more classes"
        for label, before in spellings(label for label, _ in classes).items():
            both = f"`{shown(label)}` is spelt like `{shown(before)}`"
            yield f"  {both}: one class? then make it an alias"
        if each.broken:
            yield f"  {len(each.broken)} cannot be used, e.g. {shown(each.broken[0])}"
        yield from (f"  {shown(other)}" for other in each.others if each.boxes)


def _parted(proposal: Proposal) -> Iterator[str]:
    for each in proposal.datasets:
        if isinstance(each, Imported) and each.empty and each is not proposal.pool:
            yield f"{each.name}: no box on {each.empty:,} images, which count as showing no object"
        match each:
            case Imported(grouping=Grouping() as found):
                yield f"{found.groups} groups by `{found.tag}` stay together"
            case Cut(draw=Draw() as drawn):
                yield f"{each.name}: {drawn.images[each.part]:,} images of {each.of}"
            case Cut():
                yield f"{each.name}: {each.parts[each.part]:.0%} of {each.of}"
            case Imported():
                pass
