"""The models of a workspace: imported ones, and each round's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from ymir.contracts.store import Store, stores
from ymir.errors import DataError, SpecError
from ymir.package.imported import PACKAGE
from ymir.plan.models import MARK, model_name
from ymir.plan.snapshot import Facts, Snapshot
from ymir.plan.stage import RoundOf
from ymir.plugins import nearest

_NOTHING: Facts = {}


@dataclass(frozen=True)
class Shelf:
    """All of them, as far as records say."""

    store: Store
    observed: Snapshot

    @classmethod
    def of(cls, workspace: Path) -> Shelf:
        """Of a workspace; its specs are not read."""
        store = stores.load("dvc").connect(workspace.resolve())
        return cls(store, store.observe())

    @property
    def names(self) -> list[str]:
        """Every version of an imported model, and every round that has a package."""
        return [*self._imported(), *self._rounds()]

    def find(self, text: str) -> str:
        """The name that `heads` (its newest version), `heads@v2` or `helmet/r3` means."""
        names = self.names
        newest = self.observed.get(f"{MARK}{text}") if "@" not in text else None
        name = f"{text}@v{newest.number}" if newest else text
        if name in names:
            return name
        rounds = [each for each in names if each.startswith(f"{text}/r")]
        if rounds:
            raise SpecError(f"`{text}` is a project", hint=f"name a round, such as `{rounds[-1]}`")
        hint = nearest(text, names) if names else "`ymir apply` makes models, and imports them"
        raise SpecError(f"no model called `{text}` is recorded", hint=hint)

    def path(self, name: str) -> Path:
        """Where the package of a model lies, laid out or fetched first if need be."""
        stage = self.stage(name)
        if stage.startswith(MARK):
            return self.store.open(stage) / PACKAGE
        return self.store.open(stage) / str(self.observed[stage].facts["file"])

    def stage(self, name: str) -> str:
        """The stage that made the package."""
        return f"{name}/package" if "/" in name else f"{MARK}{name}"

    def data(self, name: str) -> dict[str, JsonValue]:
        """What is recorded of a model, the same for both kinds."""
        stage = self.stage(name)
        version = self.observed[stage]
        facts = version.facts
        known: dict[str, JsonValue] = {
            "model": name,
            "from": "a package" if stage.startswith(MARK) else "a round",
            "bytes": facts.get("bytes"),
            "sha256": facts.get("sha256"),
            "digest": version.digest,
        }
        return known | (self._of_import(facts) if stage.startswith(MARK) else self._of_round(name))

    def _of_import(self, facts: Facts) -> dict[str, JsonValue]:
        names = ("map", "class_names", "executor", "stage", "files", "package_version")
        return {**{name: facts.get(name) for name in names}, "proof": None}

    def _of_round(self, name: str) -> dict[str, JsonValue]:
        def of(kind: str) -> tuple[Facts, Facts]:
            version = self.observed.get(f"{name}/{kind}")
            return (version.facts, version.recipe.settings) if version else (_NOTHING, _NOTHING)

        train, judge, proof = of("train")[1], of("judge")[0], of("prove")[0]
        return {
            **{figure: judge.get(figure) for figure in ("map", "map_low", "map_high", "map_50_95")},
            "class_names": train.get("labels"),
            "executor": train.get("executor"),
            "proof": {
                "holds": proof.get("holds"),
                "images": proof.get("images"),
                "checks": proof.get("checks"),
                "broken": proof.get("broken"),
            }
            if proof
            else None,
        }

    def _imported(self) -> Iterator[str]:
        return (name for each in self.observed if "@v" in each and (name := model_name(each)))

    def _rounds(self) -> Iterator[str]:
        for each in self.observed:
            place = RoundOf.of(each)
            if place and each == place.stage("package"):
                yield str(place)


def package_at(text: str, workspace: Path) -> Path:
    """The package that people mean: a file, or else a model of the workspace by its name."""
    if Path(text).exists():
        return Path(text)
    if not (workspace / "specs").is_dir() or text.endswith((".gz", ".tar")):
        hint = "name a round's tar.gz or, in a workspace, a model: `ymir model ls` lists them"
        raise DataError(f"there is no file `{text}`", hint=hint)
    return package_named(workspace, text)


def package_named(workspace: Path, name: str) -> Path:
    """The package of a model of the workspace: `heads`, `heads@v2` or `helmet/r3`."""
    shelf = Shelf.of(workspace)
    return shelf.path(shelf.find(name))
