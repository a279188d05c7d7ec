"""Opens a package as a stranger would, who knows only what it should detect."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ymir.errors import DataError
from ymir.package.contents import SUMS, Package
from ymir.package.read import read_package
from ymir.proof.proof import Check


@dataclass(frozen=True)
class Opened:
    """What is known of a package before it is run; None where it cannot be read."""

    package: Package | None
    checks: tuple[Check, ...]

    @property
    def may_run(self) -> bool:
        """Whether it makes sense to run it."""
        return self.package is not None and all(check.holds for check in self.checks)


def open_package(path: Path, class_names: Sequence[str] | None = None) -> Opened:
    """Read all of it; `class_names` are those that it should detect, in their order."""
    try:
        package = read_package(path)
    except DataError as error:
        return Opened(None, (Check("checksums", holds=False, says=str(error)),))
    files = f"{len(package.checksums)} files"
    summed = SUMS in package.checksums
    says = f"{files}, each as its checksum says" if summed else f"{files}, which name no checksums"
    whole = Check("checksums", holds=True, says=says)
    if class_names is None:
        return Opened(package, (whole,))
    return Opened(package, (whole, _classes(package.class_names, class_names)))


def onnx_of(package: Package) -> str | None:
    """The name of the ONNX file of the package's best stage, if it has one."""
    return next((name for name in package.best.members if name.endswith(".onnx")), None)


def _classes(found: Sequence[str], wanted: Sequence[str]) -> Check:
    if tuple(found) == tuple(wanted):
        return Check("classes", holds=True, says=", ".join(found))
    says = f"it detects {', '.join(found)}; the round is about {', '.join(wanted)}"
    return Check("classes", holds=False, says=says)
