"""Take a model package from elsewhere into the workspace."""

import shutil
from pathlib import Path

from ymir.contracts.backend import Job
from ymir.package.archive import sha256
from ymir.package.imported import PACKAGE, check_classes, chosen, described
from ymir.package.read import read_package
from ymir.sources.models import bring_package
from ymir.spec.model import ModelSource
from ymir.stages.kind import Settled, Work


def jobs(work: Work) -> tuple[Job, ...]:
    """Done here, without an executor."""
    return ()


def make(work: Work, into: Path) -> Settled:
    """The package as it came; everything in it is checked, and nothing is run."""
    source = ModelSource.model_validate(work.stage.settings["from"])
    target = work.folder / PACKAGE
    digest = bring_package(source, work.workspace, target)
    package = chosen(read_package(target), source.stage)
    names = work.catalogue.labels.primary_names()
    check_classes(package.class_names, names, source.unknown_classes)
    facts = {**described(package), "sha256": sha256(target)}
    shutil.move(target, into / PACKAGE)
    return Settled(facts, {"source": digest})
