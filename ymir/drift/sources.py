"""Sources whose files are not those any more that were imported. Pure."""

from collections.abc import Iterator

from ymir.drift.finding import Finding, Unseen
from ymir.plan.snapshot import Snapshot
from ymir.plan.world import UNREAD, World
from ymir.spec.catalogue import Catalogue


def look(catalogue: Catalogue, observed: Snapshot, world: World) -> Iterator[Finding | Unseen]:
    """Of every dataset that is imported and recorded."""
    for name, spec in catalogue.datasets.items():
        version = observed.get(name)
        before = version.recipe.inputs.get("source") if version else None
        if spec.from_ is None or before is None:
            continue
        now = world.sources.get(name)
        where = f"the files of `{name}`"
        if now is None or now == UNREAD:
            yield Unseen("source-absent", where, "are not on this machine")
        elif now != before:
            what = "have changed since they were imported"
            yield Finding("source-changed", where, what, "ymir apply")
