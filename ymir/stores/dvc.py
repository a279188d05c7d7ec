"""Versions as DVC-tracked folders in the workspace; what made each stands in its `.dvc` file."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar, cast

from pydantic import BaseModel, JsonValue, ValidationError

from ymir.dvc import folders, pointer
from ymir.dvc.altered import put_aside
from ymir.dvc.files import storing
from ymir.dvc.metrics import write_metrics
from ymir.dvc.objects import md5_of_bytes, tree_bytes
from ymir.dvc.pointer import Keys, Pointer
from ymir.dvc.project import cache_of
from ymir.errors import StoreError
from ymir.plan.models import MARK, model_name
from ymir.plan.snapshot import Facts, Recipe, Snapshot, Version
from ymir.plan.stage import RoundOf, Stage
from ymir.vault import masked_data

_REPORT = "report"  # the kind of a stage that makes `html/`, and this file beside it:
_METRICS = "metrics.json"
_VERSION = re.compile(r"v([1-9][0-9]*)")
_ROUND = re.compile(r"([1-9][0-9]*)")


def connect(workspace: Path) -> "DvcStore":
    """Open the store of a workspace."""
    return DvcStore(workspace)


class _Made(BaseModel):
    """What a pointer notes of one stage: how it was made, and what came out."""

    recipe: Recipe
    digest: str
    facts: dict[str, JsonValue] = {}
    files: tuple[str, ...] = ()  # of a round's folder, those that this stage made

    def version(self, number: int) -> Version:
        return Version(self.recipe, self.digest, number, self.facts)


class _Round(BaseModel):
    """What a round's pointer notes: its finished stages, by kind."""

    stages: dict[str, _Made] = {}


_Note = TypeVar("_Note", _Made, _Round)


@dataclass(frozen=True)
class DvcStore:
    """Datasets lie in `data/datasets/<name>/v<n>/`, rounds in `data/rounds/<project>/<n>/`.

    Models lie in `data/models/<name>/v<n>/`, and are called `model:<name>`; reports in
    `reports/<project>/html/`.
    """

    workspace: Path
    _seen: dict[Path, tuple[tuple[int, ...], Pointer]] = field(
        default_factory=dict, repr=False, compare=False
    )
    _checked: dict[Path, tuple[Pointer, BaseModel]] = field(
        default_factory=dict, repr=False, compare=False
    )
    _rounds: dict[Path, tuple[_Round, dict[str, Version]]] = field(
        default_factory=dict, repr=False, compare=False
    )
    _laid_out: dict[Path, tuple[str, int]] = field(
        default_factory=dict, repr=False, compare=False
    )  # the digest of each folder that was opened, and how it lay there

    def observe(self) -> Snapshot:
        """The newest version of each stage, and each of a dataset, from the pointers alone."""
        return {**dict(self._numbered()), **dict(self._stages()), **dict(self._reports())}

    def open(self, name: str) -> Path:
        """The folder with what stage `name` made: laid out from the cache, fetched if need be.

        One that lies there as it was left is not compared again: late rounds read all earlier ones.
        """
        path = self._path_of(name)
        folder, digest = path.with_suffix(""), self._read(path).digest
        known = self._laid_out.get(folder)
        if known and known == (digest, folders.look_of(folder)):
            return folder
        with storing(f"`{name}` cannot be laid out"):
            entries = self._entries_of(name, path)
            put_aside(self.workspace, self._cache, entries, folder)
            folders.lay_out(self._cache, entries, folder)
        if (look := folders.look_of(folder)) is not None:
            self._laid_out[folder] = (digest, look)
        return folder

    def pointer_of(self, name: str) -> Path:
        """The file that tracks what stage `name` made."""
        return self._path_of(name)

    def record(self, stage: Stage, recipe: Recipe, made: Path, facts: Facts) -> Version:
        """Store the files in `made`, which turn read-only, as the new version of `stage`."""
        with storing(f"`{stage.name}` cannot be stored"):
            entries = folders.store(self._cache, made, self._stored_before(stage))
            digest = md5_of_bytes(tree_bytes(entries))
            new = _Made(recipe=recipe, digest=digest, facts=_public(facts), files=tuple(entries))
            if stage.round:
                return self._record_round(stage, stage.round, new, entries)
            if stage.kind == _REPORT:
                return self._record_report(stage, new, entries, made)
            return self._record_numbered(stage, new, entries)

    def forget(self, where: RoundOf, kinds: Collection[str]) -> None:
        """Take stages out of a round: its pointer says no more of them, and their files go."""
        path = self._round_path(where.project, where.number)
        with storing(f"round {where} cannot be stored"):
            stages = self._round(path).stages
            kept = {kind: made for kind, made in stages.items() if kind not in kinds}
            gone = {name for kind in stages.keys() - kept for name in stages[kind].files}
            files = {k: v for k, v in self._entries(self._read(path)).items() if k not in gone}
            noted: dict[str, JsonValue] = {kind: _noted(made) for kind, made in kept.items()}
            self._track(path, files, {"ymir": {"stages": noted}})

    def _stored_before(self, stage: Stage) -> folders.Entries:
        """The files of the last report: most pages of the next one are the same."""
        path = self._report_path(stage.name.removesuffix(f"/{_REPORT}"))
        if stage.kind != _REPORT or not path.exists():
            return {}
        digest = self._read(path).digest
        return {} if folders.missing(self._cache, digest) else self._entries(self._read(path))

    def _record_numbered(self, stage: Stage, new: _Made, entries: folders.Entries) -> Version:
        newest = self._newest(stage.name)
        number = newest or 1
        if newest:
            old = self._single(self._numbered_path(stage.name, newest))
            number = newest if old.digest == new.digest else newest + 1
            new = old if _is_equal(old, new) else new
        path = self._numbered_path(stage.name, number)
        self._track(path, entries, {"ymir": _noted(new, "files")})
        return new.version(number)

    def _record_round(
        self, stage: Stage, where: RoundOf, new: _Made, entries: folders.Entries
    ) -> Version:
        path = self._round_path(where.project, where.number)
        stages: dict[str, _Made] = {}
        kept: dict[str, str] = {}
        if path.exists():
            stages = self._round(path).stages
            kept = self._entries(self._read(path))
        if stage.kind in stages:
            old = stages[stage.kind]
            kept = {name: digest for name, digest in kept.items() if name not in old.files}
            new = old if _is_equal(old, new) else new
        noted: dict[str, JsonValue] = {
            kind: _noted(made) for kind, made in {**stages, stage.kind: new}.items()
        }
        self._track(path, {**kept, **entries}, {"ymir": {"stages": noted}})
        return new.version(where.number)

    def _record_report(
        self, stage: Stage, new: _Made, entries: folders.Entries, made: Path
    ) -> Version:
        """The pages are tracked; the figures beside them stay in git, for people and `dvc`."""
        project = stage.name.removesuffix(f"/{_REPORT}")
        path = self._report_path(project)
        if path.exists() and _is_equal(old := self._single(path), new):
            new = old
        if _METRICS in entries:
            write_metrics(self.workspace, project, (made / _METRICS).read_text(encoding="utf-8"))
        pages = {name: digest for name, digest in entries.items() if name != _METRICS}
        self._track(path, pages, {"ymir": _noted(new, "files")})
        return new.version(1)

    def _numbered(self) -> Iterator[tuple[str, Version]]:
        """Each version of each dataset and model."""
        for kind, mark in (("datasets", ""), ("models", MARK)):
            for folder in sorted((self.workspace / "data" / kind).glob("*/")):
                name = f"{mark}{folder.name}"
                for number, path in _by_number(folder, _VERSION).items():
                    version = self._single(path).version(number)
                    yield f"{name}@v{number}", version
                    yield name, version  # the newest comes last, and stays

    def _stages(self) -> Iterator[tuple[str, Version]]:
        for folder in sorted((self.workspace / "data" / "rounds").glob("*/")):
            rounds = _by_number(folder, _ROUND)
            _refuse_gap(folder, rounds)
            for number, path in rounds.items():
                yield from self._of_round(RoundOf(folder.name, number), path).items()

    def _of_round(self, place: RoundOf, path: Path) -> Mapping[str, Version]:
        """The stages of a round, put together anew only if its pointer has changed."""
        noted, known = self._round(path), self._rounds.get(path)
        if not (known and known[0] is noted):
            stages = noted.stages.items()
            known = noted, {place.stage(k): made.version(place.number) for k, made in stages}
            self._rounds[path] = known
        return known[1]

    def _reports(self) -> Iterator[tuple[str, Version]]:
        for path in sorted((self.workspace / "reports").glob("*/html.dvc")):
            yield f"{path.parent.name}/{_REPORT}", self._single(path).version(1)

    def _path_of(self, name: str) -> Path:
        dataset, _, version = name.partition("@v")
        if version.isdecimal() and (path := self._numbered_path(dataset, int(version))).exists():
            return path
        match name.split("/"):
            case [dataset] if number := self._newest(dataset):
                return self._numbered_path(dataset, number)
            case [project, kind] if kind == _REPORT and self._report_path(project).exists():
                return self._report_path(project)
            case [project, number, kind]:
                path = self._round_path(project, int(number.removeprefix("r")))
                if path.exists() and kind in self._round(path).stages:
                    return path
        raise StoreError(f"`{name}` is not recorded in this workspace", hint="run `ymir apply`")

    def _entries_of(self, name: str, path: Path) -> dict[str, str]:
        """What a tracked folder holds; whoever lacks some of it hears whose it is."""
        try:
            return self._entries(self._read(path))
        except StoreError as error:
            raise StoreError(f"`{name}` cannot be laid out: {error}", hint=error.hint) from error

    def _entries(self, pointed: Pointer) -> dict[str, str]:
        """What a tracked folder holds, once all of it is in the cache."""
        if absent := folders.missing(self._cache, pointed.digest):
            from ymir.dvc import remote  # importing DVC takes half a second, and is rarely needed

            remote.fetch_objects(self.workspace, absent, project="")
        return folders.entries_of(self._cache, pointed.digest)

    def _track(self, path: Path, entries: folders.Entries, notes: Keys) -> None:
        """Lay the files out and point to them; what people wrote there is kept elsewhere."""
        put_aside(self.workspace, self._cache, entries, path.with_suffix(""))
        folders.track(self._cache, path, entries, notes)

    def _single(self, path: Path) -> _Made:
        return self._noted(_Made, path)

    def _round(self, path: Path) -> _Round:
        return self._noted(_Round, path)

    def _noted(self, model: type[_Note], path: Path) -> _Note:
        """What a pointer notes, checked anew only if the file has changed."""
        pointed = self._read(path)
        known = self._checked.get(path)
        if known and known[0] is pointed and isinstance(known[1], model):
            return known[1]
        noted = _noted_as(model, path, pointed)
        self._checked[path] = (pointed, noted)
        return noted

    def _read(self, path: Path) -> Pointer:
        """The pointer, parsed anew only if the file has changed: the loop observes often."""
        found = path.stat()
        key = (found.st_ino, found.st_mtime_ns, found.st_size)
        if path not in self._seen or self._seen[path][0] != key:
            self._seen[path] = (key, pointer.read(path))
        return self._seen[path][1]

    def _newest(self, dataset: str) -> int | None:
        return max(_by_number(self._numbered_path(dataset, 1).parent, _VERSION), default=None)

    def _numbered_path(self, name: str, number: int) -> Path:
        model = model_name(name)
        kind = "models" if model else "datasets"
        return self.workspace / "data" / kind / (model or name) / f"v{number}.dvc"

    def _round_path(self, project: str, number: int) -> Path:
        return self.workspace / "data" / "rounds" / project / f"{number}.dvc"

    def _report_path(self, project: str) -> Path:
        return self.workspace / "reports" / project / "html.dvc"

    @property
    def _cache(self) -> Path:
        return cache_of(self.workspace)


def _is_equal(old: _Made, new: _Made) -> bool:
    """Same content from the same recipe: nothing has changed, whatever the facts say."""
    return (old.digest, old.recipe.digest) == (new.digest, new.recipe.digest)


def _public(facts: Facts) -> dict[str, JsonValue]:
    """Facts as everybody may read them, who reads the repository."""
    return cast("dict[str, JsonValue]", masked_data(facts))


def _noted(made: _Made, *left_out: str) -> dict[str, JsonValue]:
    return made.model_dump(mode="json", exclude=set(left_out))


def _noted_as(model: type[_Note], path: Path, pointed: Pointer) -> _Note:
    try:
        return model.model_validate(pointed.meta.get("ymir"))
    except ValidationError as error:
        hint = f"bring it back: `git checkout -- {path.name}`"
        raise StoreError(f"`{path}` does not say how its data was made", hint=hint) from error


def _refuse_gap(folder: Path, rounds: Mapping[int, Path]) -> None:
    """Later rounds build on earlier ones: a record that is gone must come back."""
    for number in range(1, len(rounds) + 1):
        if number not in rounds:
            raise StoreError(
                f"round {number} is not recorded in `{folder}`, but later ones are",
                hint=f"bring its record back: `git checkout -- {folder / str(number)}.dvc`",
            )


def _by_number(folder: Path, name: re.Pattern[str]) -> dict[int, Path]:
    """The pointers of a folder that are named so, by their numbers, in order."""
    matches = ((name.fullmatch(path.stem), path) for path in folder.glob("*.dvc"))
    return dict(sorted((int(match[1]), path) for match, path in matches if match))
