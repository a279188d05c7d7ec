"""A project's figures as a DVC metric, so that `dvc metrics diff helmet/r1 helmet/r3` works."""

from pathlib import Path

import yaml

from ymir.dvc.files import write_whole


def write_metrics(workspace: Path, project: str, text: str) -> None:
    """Make `text` the project's `metrics.json`, kept in git, and list it in `reports/dvc.yaml`."""
    reports = workspace / "reports"
    _write_if_new(reports / project / "metrics.json", text)
    _write_if_new(reports / "dvc.yaml", _listed(reports))


def drop_metrics(workspace: Path, project: str) -> tuple[Path, ...]:
    """Remove the figures of a project that is gone; the files that this changes."""
    reports = workspace / "reports"
    figures = reports / project / "metrics.json"
    if not (reports / "dvc.yaml").exists():
        return ()
    figures.unlink(missing_ok=True)
    _write_if_new(reports / "dvc.yaml", _listed(reports))
    return figures, reports / "dvc.yaml"


def _listed(reports: Path) -> str:
    listed = sorted(str(path.relative_to(reports)) for path in reports.glob("*/metrics.json"))
    return yaml.safe_dump({"metrics": listed})


def _write_if_new(path: Path, text: str) -> None:
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        write_whole(path, text)
