"""The specs of a proposal as YAML, with what people may want to know beside each line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ymir.media.files import shown
from ymir.spec.scalars import as_written
from ymir.spec.schema import announced
from ymir.survey.proposal import Cut, Imported, Proposal
from ymir.survey.spellings import spellings

_HEAD = "apiVersion: ymir/v1\nkind: "
_RARE = 20  # boxes of a class; with fewer, hardly anything is learnt
_MARGIN = 42  # the column that comments begin in


@dataclass(frozen=True)
class Wish:
    """What the folders do not say: the project's name, its goal, who trains, who labels."""

    name: str
    goal: float = 0.8
    executor: str = "tinydet"
    tool: str = "folder"


def specs_of(
    proposal: Proposal,
    wish: Wish,
    place: Callable[[Path], str],
    outside: Sequence[str],
    remote: str = "",
) -> Mapping[str, str]:
    """File name -> text.

    `place` says how specs write a folder; `outside` are those that lie beyond the workspace;
    `remote` is where people's own DVC project stores its data.
    """
    files = {
        "labels.yaml": _labels(proposal),
        "data.yaml": "---\n".join(_dataset(each, place) for each in proposal.datasets),
        "project.yaml": "---\n".join((_executor(wish), _project(proposal, wish))),
    }
    if outside or remote:
        files["workspace.yaml"] = _workspace(outside, remote)
    return {name: announced(text) for name, text in files.items()}


def _labels(proposal: Proposal) -> str:
    before = spellings(proposal.classes)
    lines = "".join(
        _noted(f"  - {as_written(label)}", _count(*found) + _like(before.get(label)))
        for label, found in proposal.classes.items()
    )
    about = "# The classes. Other spellings of one: {name: car, aliases: [auto, vehicle]}.\n"
    return f"{about}{_HEAD}Labels\nclasses:\n{lines}"


def _count(boxes: int, images: int) -> str:
    rare = ": hardly enough to learn from" if boxes < _RARE else ""
    return f"{boxes:,} boxes in {images:,} images{rare}"


def _like(before: str | None) -> str:
    return f"; the same as {as_written(before)}? then an alias of it" if before else ""


def _dataset(each: Imported | Cut, place: Callable[[Path], str]) -> str:
    head = f"{_HEAD}Dataset\nname: {each.name}\n"
    match each:
        case Imported():
            return head + "".join(_imported(each, place))
        case Cut():
            return head + "".join(_cut(each))


def _imported(each: Imported, place: Callable[[Path], str]) -> Iterator[str]:
    boxes = int(each.images["labels"].list.len().sum())
    yield f"description: {each.images.height:,} images, {boxes:,} boxes when they were looked at.\n"
    source = [f"format: {each.survey.layout}", f"path: {as_written(place(each.survey.folder))}"]
    source += [f"split: {as_written(each.split)}"] if each.split else []
    if broken := each.survey.broken:
        source.append("reject: skip")
        yield f"# {len(broken)} cannot be used and are skipped, e.g. {shown(broken[0])}\n"
    yield f"from: {{{', '.join(source)}}}\n"
    if each.grouping and each.grouping.pattern:
        yield "then:\n"
        yield f"  # {each.grouping.groups:,} groups, by the names of the files\n"
        yield f"  - {{op: tag, file: {as_written(each.grouping.pattern)}}}\n"


def _cut(each: Cut) -> Iterator[str]:
    yield f"merge: [{each.of}]\nthen:\n"
    parts = ", ".join(f"{name}: {share}" for name, share in each.parts.items())
    yield _noted("  - op: split", "parts share no image, whatever is added later")
    yield f"    parts: {{{parts}}}\n    take: {each.part}\n"
    if each.by:
        yield _noted(f"    by: {as_written(each.by)}", "no group is on two sides")
    if each.draw:
        yield _noted(f"    seed: {each.draw.seed}", f"gives {_sizes(each.draw.images)}")


def _sizes(images: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in images.items()) + " images"


def _executor(wish: Wish) -> str:
    about = (
        "# Who trains and predicts; `ymir executor ls` lists what there is, and\n"
        f"# `ymir executor show {wish.executor}` the parameters for `train: {{with: {{…}}}}`.\n"
    )
    is_cpu = wish.executor == "tinydet"
    why = "trains on a CPU, in minutes; `rtdetr` wants a GPU" if is_cpu else "ships with ymir"
    bundled = _noted(f"bundled: {wish.executor}", why)
    return f"{about}{_HEAD}Executor\nname: {wish.executor}\n{bundled}"


def _project(proposal: Proposal, wish: Wish) -> str:
    pool = proposal.pool
    return "".join(
        (
            "# What is wanted. `ymir plan` says what that would take.\n",
            f"{_HEAD}Project\nname: {wish.name}\n",
            f"labels: [{', '.join(map(as_written, proposal.classes))}]\n",
            "data:\n",
            *_roles(proposal),
            "goal:\n",
            _noted(f"  map: {wish.goal}", "COCO AP at IoU 0.5 on the testing images"),
            _noted(
                f"  rounds: {5 if pool else 1}",
                "of training, judging and labelling" if pool else "as there is no pool",
            ),
            f"train: {{executor: {wish.executor}}}\n",
            *(_mining(pool, wish) if pool else _no_mining()),
        )
    )


def _roles(proposal: Proposal) -> Iterator[str]:
    said = {
        "training": "what the first model learns from",
        "validation": "scored every round, never trained on",
        "testing": f"every round is judged on it; `{proposal.roles['testing']}@v1` freezes it",
        "mining": "images are picked from it"
        if proposal.pool
        else "no pool yet: nothing is picked",
    }
    for role, name in proposal.roles.items():
        yield _noted(f"  {role}: {name}", said[role])


def _mining(pool: Imported, wish: Wish) -> Iterator[str]:
    count = pool.images.height
    topk = max(1, min(100, count // 10))
    yield _noted(f"mine: {{topk: {topk}}}", f"of {count:,} images, in each round")
    if pool.images["labels"].list.len().sum():
        yield _noted("label: {use: existing}", "the pool has labels: they are revealed")
    elif wish.tool == "label-studio":
        yield "label:\n  use: label-studio\n"
        yield '  with: {url: "http://127.0.0.1:8080", token: {env: LS_TOKEN}}\n'
    else:
        yield _noted(f"label: {{use: {wish.tool}}}", _TOOLS.get(wish.tool, ""))


def _no_mining() -> Iterator[str]:
    yield "mine: {topk: 1}\nlabel: {use: existing}\n"
    yield "# With images that nobody has labelled: a Dataset of them under `mining`, more\n"
    yield "# `rounds`, `mine: {topk: 50}`, and `label: {use: folder}` or `label-studio`.\n"


_TOOLS = {"folder": "files in `labels/`; `ymir explain Project.label` has others"}


def _workspace(outside: Sequence[str], remote: str) -> str:
    text = f"{_HEAD}Workspace\n"
    if outside:
        folders = ", ".join(map(as_written, [".", *outside]))
        text = (
            f"# Datasets may be read from these folders and no others.\n{text}paths: [{folders}]\n"
        )
    if remote:
        text += (
            "# Where `ymir push` stores versions and images. Your DVC project stores there, too:\n"
        )
        text += f"# remote: {as_written(remote)}\n"
    return text


def _noted(line: str, why: str) -> str:
    """A line with a comment, in the column of comments."""
    return f"{line:<{_MARGIN}} # {why}\n" if why else f"{line}\n"
