"""The leakage gate: what is held out to judge models is not learned from, in any guise."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from ymir.data.leakage import LEAKS, group, near, same
from ymir.dvc.files import write_whole
from ymir.errors import DataError, GateError
from ymir.media.phash import phashes
from ymir.plan.asked import gates_of_training
from ymir.plan.snapshot import Facts
from ymir.spec.gates import Gates
from ymir.stages.kind import Work

RECORD = "leakage.json"  # beside the round's training set

_LISTED = 100  # pairs of each kind that are named; all are counted
_SHOWN = 5  # pairs that a message names
_KINDS = {
    "same": "also in {set}",
    "near": "like one of {set}",
    "group": "of a group in {set}",
}


Sets = Mapping[str, pl.DataFrame]  # `testing` and `validation`


@dataclass(frozen=True)
class Leakage:
    """What leaks into a training set, and the images that the gates leave out for it."""

    leaks: pl.DataFrame
    left_out: pl.Series
    gates: Gates

    def taken_out_of(self, images: pl.DataFrame) -> pl.DataFrame:
        """The images that the gates let through."""
        return images.filter(~pl.col("image").is_in(self.left_out.implode()))

    @property
    def facts(self) -> Facts:
        """Images that leak, by kind, and how many were left out; nothing where none leaks."""
        if self.leaks.is_empty():
            return {}
        images = self.leaks.group_by("kind").agg(pl.col("image").n_unique()).sort("kind")
        return {"leaks": dict(images.iter_rows()), "left_out": len(self.left_out)}

    def write(self, folder: Path) -> Path:
        """Keep all counts, and the first pairs of each kind."""
        counted = self.leaks.group_by("set", "kind", maintain_order=True).len("images")
        first = [
            part.head(_LISTED)
            for _, part in self.leaks.group_by("set", "kind", maintain_order=True)
        ]
        pairs = pl.concat([LEAKS.to_frame(), *first])
        is_left_out = pl.col("image").is_in(self.left_out.implode())
        record = {
            "gates": gates_of_training(self.gates),
            "counts": counted.to_dicts(),
            "left_out": len(self.left_out),
            "pairs": pairs.with_columns(left_out=is_left_out).to_dicts(),
        }
        write_whole(folder / RECORD, json.dumps(record, indent=1, ensure_ascii=False) + "\n")
        return folder / RECORD


def gates_of(work: Work) -> Gates:
    """The gates of the stage's round."""
    return Gates.model_validate(work.stage.settings.get("gates", {}))


def leakage(work: Work, images: pl.DataFrame, held_out: Sets) -> Leakage:
    """What leaks into `images` from sets held out; a gate that blocks raises a `GateError`."""
    gates = gates_of(work)
    if gates.groups:
        _refuse_absent(gates.groups.by, images, held_out)
    actions = _actions(gates)
    leaks = _leaks(work, images, held_out, set(actions))
    kind = pl.col("kind")
    is_tested = (kind == "same") & (pl.col("set") == "testing")  # learned by heart, never judged
    is_left_out = kind.is_in(_kinds(actions, "exclude")) | is_tested
    left_out = leaks.filter(is_left_out)["image"].unique(maintain_order=True)
    found = Leakage(leaks, left_out, gates)
    blocked = leaks.filter(kind.is_in(_kinds(actions, "block")))
    if blocked.height:
        listed = found.write(work.folder).relative_to(work.workspace)
        raise _refusal(blocked, str(listed))
    return found


def without_leaks(work: Work, images: pl.DataFrame, held_out: Sets) -> pl.DataFrame:
    """The images that may become training images: no others are worth a label."""
    actions = _actions(gates_of(work))
    strict = {"same", *_kinds(actions, "block"), *_kinds(actions, "exclude")}
    return images.join(_leaks(work, images, held_out, strict), on="image", how="anti")


def refuse_trained_on(work: Work, tested: pl.DataFrame) -> None:
    """No model is judged on what it has learned: a testing set may have grown since its round."""
    for train in _lineage(work, work.stage.inputs[0]):
        trained = pl.read_parquet(work.store.open(train) / "training.parquet", columns=["image"])
        known = tested.join(trained, on="image", how="semi").sort("file")
        if known.height:
            raise GateError(
                f"testing holds {known.height} of the images that `{train}` learned from, e.g. "
                f"`{known['file'][0]}`: on them, its figures would say nothing",
                hint="take them out of testing with `then: [{op: exclude, datasets: […]}]`",
            )


def _lineage(work: Work, train: str) -> Iterator[str]:
    """A training, and those whose weights it began with: what they learned, it has seen."""
    yield train
    observed = work.store.observe()
    while train in observed and (before := observed[train].recipe.settings.get("previous")):
        yield (train := str(before))


def _refuse_absent(keys: Iterable[str], images: pl.DataFrame, held_out: Sets) -> None:
    """A gate that looks at a tag which nothing carries would let everything through."""
    for where, tables in (("training", [images]), ("held-out", held_out.values())):
        tags = pl.concat([each["tags"].explode().struct.field("key") for each in tables])
        for key in keys:
            if key not in tags:
                raise DataError(
                    f"no {where} image carries the tag `{key}`, so nothing can be said of its "
                    "groups",
                    hint="check `gates: groups: by:`, or give the images their tags",
                )


def _actions(gates: Gates) -> dict[str, str]:
    """What happens to each kind of leak that is looked for."""
    actions: dict[str, str] = {"same": gates.leakage}
    if gates.near.then != "ignore":
        actions["near"] = gates.near.then
    if gates.groups:
        actions["group"] = gates.groups.then
    return actions


def _kinds(actions: Mapping[str, str], then: str) -> list[str]:
    return [kind for kind, action in actions.items() if action == then]


def _leaks(work: Work, images: pl.DataFrame, held_out: Sets, kinds: set[str]) -> pl.DataFrame:
    gates = gates_of(work)
    hashes = phashes(work.media, images) if "near" in kinds else None
    found = [LEAKS.to_frame()]
    for name, others in held_out.items():
        of_set = [same(images, others)]
        if hashes is not None:
            theirs = phashes(work.media, others)
            distance = gates.near.distance
            of_set.append(near(images, hashes, others, theirs, distance=distance))
        if gates.groups and "group" in kinds:
            of_set.append(group(images, others, by=gates.groups.by))
        found += [each.with_columns(set=pl.lit(name)) for each in of_set]
    return pl.concat(found)


def _refusal(blocked: pl.DataFrame, listed: str) -> GateError:
    """An error that names the first images of each kind, and says where the others stand."""
    count = blocked["image"].n_unique()
    lines = [f"training holds images that tell what models are judged on: {count}"]
    for (kind, name), part in blocked.group_by("kind", "set", maintain_order=True):
        first = ", ".join(_pair(each) for each in part.head(_SHOWN).iter_rows(named=True))
        more = f" and {part.height - _SHOWN} more" if part.height > _SHOWN else ""
        lines.append(f"  {part.height} {_KINDS[str(kind)].format(set=name)}: {first}{more}")
    gates = {"same": "leakage: exclude", "near": "near: {then: exclude}", "group": "groups: …"}
    kinds = blocked["kind"].unique(maintain_order=True)
    wanted = ", ".join(gates[kind] for kind in kinds)
    hint = (
        f"the list is in `{listed}`; take them out with `then: [{{op: exclude, datasets: […]}}]`, "
        f"or let the gate do it: `gates: {{{wanted}}}`"
    )
    return GateError("\n".join(lines), hint=hint)


def _pair(leak: Mapping[str, str]) -> str:
    match leak["kind"]:
        case "near":
            return f"`{leak['file']}` (like `{leak['other_file']}`)"
        case "group":
            return f"`{leak['file']}` ({leak['group']})"
        case _:
            return f"`{leak['file']}`"
