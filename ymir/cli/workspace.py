"""Open a workspace: its specs, its store, and how the world around it looks."""

import json
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from ymir.cli.images import Images, Unseen
from ymir.cli.specs import catalogue
from ymir.contracts.store import Store, stores
from ymir.dvc.files import write_whole
from ymir.jobs.program import program
from ymir.looks import last_looks
from ymir.plan.models import MARK
from ymir.plan.world import UNREAD, Listed, World
from ymir.sources.models import planned_package
from ymir.sources.source import FEW, Depth, planned_digest
from ymir.spec.catalogue import Catalogue
from ymir.spec.executor import ExecutorSpec
from ymir.spec.picked import digest_of_picked, read_picked

EVALUATOR = f"hotcoco {version('hotcoco')}"  # as `ymir.metrics.evaluator` names itself


@dataclass(frozen=True)
class Workspace:
    """A workspace as the commands use it."""

    root: Path
    catalogue: Catalogue
    store: Store
    look: Callable[[], World]  # as it is now


def open_workspace(
    root: Path,
    generations: Mapping[str, int] | None = None,
    *,
    depth: Depth = "folders",
    images: Images | None = None,
    pulled: Mapping[str, str] | None = None,
    closed: Collection[str] = (),
) -> Workspace:
    """Read the specs and open the store; `generations` is what `--restart` asks for.

    `pulled` and `closed` are what `ymir labels` asks of `label` stages: take in these answers, or
    what is done.

    `depth` is how well the sources are looked at: `folders` costs time per folder, `files` time per
    file, and `all` also reads the files of datasets that do not exist yet. What container images
    are is as `images` knows it, and by default unread.
    """
    root = root.resolve()
    images = images or Unseen()
    specs = catalogue(root, images)
    store = stores.load("dvc").connect(root)
    recorded = store.observe().keys()
    sources, executors = (
        _sources(specs, root, recorded, depth),
        _executors(specs, root, images),
    )

    relabel = {
        name: _listed(root, project.relabel.images)
        for name, project in specs.projects.items()
        if project.relabel.images
    }

    def look() -> World:
        return World(
            sources=sources,
            executors=executors,
            failures=read_failures(root),
            generations=generations or {},
            relabel=relabel,
            batches=last_looks(root),
            pulled=pulled or {},
            closed=frozenset(closed),
            now=time.time(),
            evaluator=EVALUATOR,
        )

    return Workspace(root, specs, store, look)


def _listed(root: Path, files: tuple[str, ...]) -> Listed:
    picked = read_picked(root, files)
    return Listed(digest_of_picked(picked), len(picked), files)


def _sources(
    specs: Catalogue, root: Path, recorded: Collection[str], depth: Depth
) -> dict[str, str]:
    cache = root / ".ymir" / "sources"
    few = FEW // max(1, sum(spec.from_ is not None for spec in specs.datasets.values()))
    digests = {
        name: planned_digest(
            spec.from_,
            root,
            cache,
            is_recorded=name in recorded,
            depth=depth,
            few=few,
        )
        for name, spec in specs.datasets.items()
        if spec.from_
    }
    packages = {
        f"{MARK}{name}": planned_package(spec.from_, root) for name, spec in specs.models.items()
    }
    return {name: digest for name, digest in (digests | packages).items() if digest}


def _executors(specs: Catalogue, root: Path, images: Images) -> dict[str, str]:
    return {name: digest_of(spec, root, images) for name, spec in specs.executors.items()}


def digest_of(spec: ExecutorSpec, root: Path, images: Images) -> str:
    """The digest of an executor's program; `UNREAD` of an image that nobody has looked at."""
    if spec.image is None:
        return program(spec, root).digest
    found = images.digest(spec.image)
    return program(spec.model_copy(update={"image": found}), root).digest if found else UNREAD


def read_failures(root: Path) -> dict[str, str]:
    """Recipe digest -> why its job failed, for every failure that nobody asked to retry.

    A file that a power cut left torn is as good as none: what failed is tried once more.
    """
    file = root / ".ymir" / "failures.json"
    try:
        return dict(json.loads(file.read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return {}


def write_failures(root: Path, failures: Mapping[str, str]) -> None:
    """Replace the list of failures, atomically."""
    write_whole(root / ".ymir" / "failures.json", json.dumps(failures, indent=1))
